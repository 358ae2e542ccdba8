# Runs the examples of aclc-checks.7: each shows its check, what is to be used
# instead does not, a comment hushes it, unless it is an error, and where it can be
# repaired, it is. The page and the list tell of the same checks at the same levels;
# the settings that it shows are taken, each is told of, and the usual ports are the
# table's.
# Prints what is not so; a check without an example is for a case alone.
set -u
page=../../man/aclc-checks.7
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# The blocks of each entry, as files in a folder of its own.
awk -v work="$work" '
	/^\.Sh / { checks = $2 == "CHECKS" }
	!checks { next }
	/^\.It Ic / {
		id = $3
		system("mkdir -p " work "/" id)
		print id, $5 > (work "/page")
	}
	/^Example:/ { file = "policy.hujson" }
	/^With the settings:/ { file = ".aclc.hujson" }
	/^With the inventory:/ { file = "inventory.json" }
	/^Use instead:/ { file = "instead.hujson" }
	/^Use instead the inventory:/ { file = "instead.json" }
	/^Run with: / { print substr($0, 11) > (work "/" id "/options") }
	/^\.Bd/ { block = 1; next }
	/^\.Ed/ { block = 0; close(work "/" id "/" file) }
	block {
		gsub(/\\e/, "\001")
		gsub(/\\&/, "")
		gsub(/\001/, "\\")
		print > (work "/" id "/" file)
	}' "$page"

aclc lint --list | awk '{ print $1, $2, $3 }' | sort >"$work/list"
cut -d ' ' -f 1,2 "$work/list" >"$work/levels"
sort "$work/page" | diff "$work/levels" - >"$work/difference" ||
	sed -n 's/^[<>]/the page and the list differ:/p' "$work/difference"

# shows CHECK POLICY INVENTORY: whether the check speaks, in the folder.
shows() {
	options=$(cat "$work/$id/options" 2>/dev/null)
	[ -s "$work/$id/$3" ] && options="$options -i $3"
	(cd "$work/$id" && ACLC_TODAY=2026-03-01 aclc lint --only "$1" $options "$2" 2>&1) |
		grep "\[$1\]\$" >"$work/shown"
}

section() {
	awk -v name="$1" '/^\.Sh / { inside = $2 == name; next } inside' "$page"
}

section SETTINGS | awk '/^\.Bd/ { block = 1; next } /^\.Ed/ { exit } block' \
	>"$work/settings"
echo '{"users": []}' >"$work/nodes.json"
echo '{"tagOwners": {"tag:dev": [], "tag:prod": []}, "acls": []}' |
	aclc lint -q --config "$work/settings" --only boundary-violated -
section SETTINGS | sed -n 's/^\.It Ic //p' | sort >"$work/told"
sed -n 's/^  "\([a-z-]*\)":.*/\1/p' "$work/settings" | sort | diff - "$work/told"
section SETTINGS | tr '\n' ' ' >"$work/ports"
sed -n 's/^SENSITIVE(\([0-9]*\), \([0-9]*\), "\(.*\)")/\1 \2 \3/p' \
	../../policy/sensitive.def | while read -r first last what; do
	[ "$first" = "$last" ] || first=$first-$last
	grep -qE "$what \\(([0-9-]* and )?$first( and [0-9-]*)?\\)" "$work/ports" ||
		echo "the page does not tell of port $first, $what"
done

while read -r id _ repair; do
	[ -e "$work/$id/policy.hujson" ] || continue
	shows "$id" policy.hujson inventory.json ||
		echo "$id: the example does not show it"
	firm=$(grep ': error: ' "$work/shown")

	policy=policy.hujson inventory=inventory.json
	[ -e "$work/$id/instead.hujson" ] && policy=instead.hujson
	[ -e "$work/$id/instead.json" ] && inventory=instead.json
	! shows "$id" "$policy" "$inventory" ||
		echo "$id: what is to be used instead shows it too"

	# Names that nothing is near to are not guessed.
	case $id in undefined-group | undefined-host | undefined-ipset | undefined-posture) repair=- ;; esac
	case $repair in safe) fix=--fix ;; *) fix=--unsafe-fixes ;; esac
	if [ "$repair" != - ]; then
		cp "$work/$id/policy.hujson" "$work/$id/mended.hujson"
		(cd "$work/$id" && ACLC_TODAY=2026-03-01 aclc lint --only "$id" $fix \
			$(cat options 2>/dev/null) mended.hujson >/dev/null 2>&1)
		! shows "$id" mended.hujson inventory.json ||
			echo "$id: it is not repaired"
	fi

	# Inventories, settings and suppressions are not hushed by comments.
	case $id in *inventory | inventory-* | untold-owner | *suppression*) continue ;; esac
	case $id in undefined-in-settings) continue ;; esac
	case $id in syntax-error | trailing-garbage) continue ;; esac
	{
		echo "// aclc: ignore $id, to see"
		cat "$work/$id/policy.hujson"
	} >"$work/$id/hushed.hujson"
	if [ -n "$firm" ]; then
		shows "$id" hushed.hujson inventory.json ||
			echo "$id: an error is hushed"
	else
		! shows "$id" hushed.hujson inventory.json ||
			echo "$id: a comment does not hush it"
		! shows unused-suppression hushed.hujson inventory.json ||
			echo "$id: what hushes it is called unused"
	fi
done <"$work/list"
