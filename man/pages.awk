# The entries of aclc-checks.7 as rows of C: id, level, text for `aclc lint --why`.
# Of mdoc it knows what that page uses.

function flush_paragraph(  n, words, i, line) {
	n = split(paragraph, words, /[ \t]+/)
	line = ""
	for (i = 1; i <= n; i++) {
		if (words[i] == "")
			continue
		if (line != "" && length(line) + 1 + length(words[i]) > 76) {
			put(line)
			line = words[i]
		} else {
			line = line == "" ? words[i] : line " " words[i]
		}
	}
	if (line != "")
		put(line)
	paragraph = ""
}

function put(line) {
	gsub(/\\e/, "\001", line)
	gsub(/\\&/, "", line)
	gsub(/\001/, "\\", line)
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	text = text "\t  \"" line "\\n\"\n"
}

function end_entry() {
	if (id == "")
		return
	flush_paragraph()
	printf "\t{ \"%s\", \"%s\",\n%s\t},\n", id, level, text
	id = ""
}

# A macro within a paragraph: its words, a full stop or comma close to the last.
function inline_text(  i, out, mark) {
	mark = $1 == ".Ql" || $1 == ".Dq" ? "" : ""
	out = $2
	for (i = 3; i <= NF; i++)
		out = out ($i ~ /^[.,:;)?]$/ ? "" : " ") $i
	if ($1 == ".Xr") {
		out = $2 "(" $3 ")"
		for (i = 4; i <= NF; i++)
			out = out $i
	}
	return out
}

/^\.Sh / {
	end_entry()
	checks = $2 == "CHECKS"
	next
}
!checks { next }
/^\.Ss / || /^\.El/ || /^\.Bl / {
	end_entry()
	next
}
/^\.It Ic / {
	end_entry()
	id = $3
	level = $5
	text = paragraph = ""
	next
}
id == "" { next }
/^\.Bd / {
	flush_paragraph()
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
	flush_paragraph()
	put("")
	next
}
/^\./ {
	paragraph = paragraph " " inline_text()
	next
}
{ paragraph = paragraph " " $0 }
