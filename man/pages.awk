# The entries of aclc-checks.7 as rows of C: id, level, and the text that
# `aclc lint --why` prints. Of mdoc it knows what that page uses.

# The text with a backslash before each of some characters; gsub's own escapes
# differ from one awk to another.
function escaped(line, mark,  n, parts, i, out) {
	n = split(line, parts, mark)
	out = parts[1]
	for (i = 2; i <= n; i++)
		out = out "\\" (mark == "\"" ? "\"" : "\\") parts[i]
	return out
}

# A line of the text. Of several empty ones in a row, one.
function put(line) {
	if (line == "") {
		blank = text != ""
		return
	}
	if (blank)
		text = text "\t  \"\\n\"\n"
	blank = 0
	gsub(/\\e/, "\001", line)
	gsub(/\\&/, "", line)
	gsub(/\001/, "\\", line)
	text = text "\t  \"" escaped(escaped(line, "\\\\"), "\"") "\\n\"\n"
}

function end_paragraph(  n, words, i, line) {
	n = split(paragraph, words, /[ \t]+/)
	line = ""
	for (i = 1; i <= n; i++) {
		if (words[i] == "")
			continue
		if (line != "" && length(line) + 1 + length(words[i]) > 76) {
			put(line)
			line = ""
		}
		line = line == "" ? words[i] : line " " words[i]
	}
	if (line != "")
		put(line)
	paragraph = ""
}

function end_entry() {
	if (id == "")
		return
	end_paragraph()
	printf "\t{ \"%s\", \"%s\",\n%s\t},\n", id, level, text
	id = ""
}

# A macro in a paragraph: its words, punctuation close to the one before.
function macro_text(  i, out) {
	if ($1 == ".Xr") {
		out = $2 "(" $3 ")"
		i = 4
	} else {
		out = $2
		i = 3
	}
	for (; i <= NF; i++)
		out = out ($i ~ /^[.,:;)?]$/ ? "" : " ") $i
	return out
}

/^\.Sh / {
	end_entry()
	checks = $2 == "CHECKS"
	next
}
!checks { next }
/^\.(Ss|El|Bl) ?/ {
	end_entry()
	next
}
/^\.It Ic / {
	end_entry()
	id = $3
	level = $5
	text = paragraph = ""
	blank = 0
	next
}
id == "" { next }
/^\.Bd / {
	end_paragraph()
	put("")
	literal = 1
	next
}
/^\.Ed/ {
	literal = 0
	put("")
	next
}
literal {
	put("    " $0)
	next
}
/^\.Pp/ {
	end_paragraph()
	put("")
	next
}
/^\./ {
	paragraph = paragraph " " macro_text()
	next
}
{ paragraph = paragraph " " $0 }
