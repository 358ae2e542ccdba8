#include "policy/policy_test.h"

#include "policy/tailnet.h"

/* What the rules of these policies may name. */
#define DEFINED                                                                          \
	"`tagOwners`: {`tag:db`: [], `tag:web`: []},"                                    \
	"`groups`: {`group:eng`: [`ada@example.com`, `bob@example.com`]},"               \
	"`hosts`: {`srv`: `10.0.0.1`, `net`: `10.0.0.0/8`},"                             \
	"`ipsets`: {`ipset:lan`: [`10.0.0.0/8`]},"                                       \
	"`postures`: {`posture:new`: [`node:os == 'linux'`]},"

#define ACL(src, dst)                                                                    \
	"{" DEFINED "`acls`: [{`action`: `accept`, `src`: [" src "], `dst`: [" dst "]}]" \
	"}"
#define PROTO(proto, dst)                                                                \
	"{" DEFINED "`acls`: [{`action`: `accept`, `src`: [`*`], `proto`: " proto        \
	", `dst`: [" dst "]}]}"
#define GRANT(src, dst)                                                                  \
	"{" DEFINED "`grants`: [{`src`: [" src "], `dst`: [" dst "], `ip`: [`*`]}]}"
#define IP(ip) "{`grants`: [{`src`: [`*`], `dst`: [`*`], `ip`: [" ip "]}]}"
#define APP(dst, app)                                                                    \
	"{`grants`: [{`src`: [`*`], `dst`: [" dst "], `app`: {" app ": []}}]}"
#define VIA(via)                                                                         \
	"{" DEFINED "`grants`: [{`src`: [`*`], `dst`: [`10.0.0.0/8`], `ip`: [`*`],"      \
	" `via`: [" via "]}]}"
#define SSH(action, src, dst)                                                            \
	"{" DEFINED "`ssh`: [{`action`: " action ", `src`: [" src "], `dst`: [" dst      \
	"], `users`: [`root`]}]}"
#define SSH_FIELDS(fields)                                                               \
	"{" DEFINED "`ssh`: [{`action`: `check`, `src`: [`autogroup:member`],"           \
	" `dst`: [`tag:db`], " fields "}]}"
#define ATTR(target) "{" DEFINED "`nodeAttrs`: [{`target`: [" target "]}]}"
#define POOL(pool) "{`nodeAttrs`: [{`target`: [`*`], `ipPool`: [" pool "]}]}"
#define ROUTES(route, by)                                                                \
	"{" DEFINED "`autoApprovers`: {`routes`: {" route ": [" by "]}}}"
#define SSH_TEST(dst)                                                                    \
	"{" DEFINED "`sshTests`: [{`src`: `ada@example.com`, `dst`: [" dst               \
	"], `accept`: [`root`]}]}"

#define NO_SELF                                                                          \
	"autogroup:self can only be used with users, groups, or supported autogroups"
#define NO_FORM "capability name must have the form {domain}/{path}"
#define SRC_ONLY_MEMBERS(what)                                                           \
	what " has no machines of its own, so it does not go with autogroup:self, only " \
	     "users, groups and autogroups of users do"

static const struct refusal refusals[] = {
	/* tagOwners */
	{ "invalid-tag-name", "tag:1a: a tag's name starts with a letter",
	  "tagOwners[\"tag:1a\"]: tag names must start with a letter, after 'tag:'",
	  "{`tagOwners`: {<`tag:1a`>: []}}" },
	{ "invalid-tag-name",
	  "tag:\xD1\x81: a tag's name starts with a letter from a to z, and this one "
	  "with "
	  "U+0441, whatever it looks like",
	  "tagOwners[\"tag:\xD1\x81\"]: tag names must start with a letter, after 'tag:'",
	  "{`tagOwners`: {<`tag:\xD1\x81`>: []}}" },
	{ "invalid-tag-name",
	  "tag:a_b: a tag's name has only letters from a to z, numbers and hyphens",
	  "tagOwners[\"tag:a_b\"]: tag names can only contain numbers, letters, or "
	  "dashes",
	  "{`tagOwners`: {<`tag:a_b`>: []}}" },
	{ "invalid-name", "a tag needs a name after tag:",
	  "tagOwners[\"tag:\"]: tag names must not be empty",
	  "{`tagOwners`: {<`tag:`>: []}}" },
	{ "missing-prefix", "db is not the name of a tag, which starts with tag:",
	  "tagOwners[\"db\"]: tags must start with 'tag:'",
	  "{`tagOwners`: {<`db`>: []}}" },
	{ "case-mismatch",
	  "Tag:db is not the name of a tag: prefixes are written in small letters, as in "
	  "tag:",
	  "tagOwners[\"Tag:db\"]: tags must start with 'tag:'",
	  "{`tagOwners`: {<`Tag:db`>: []}}" },
	{ "undefined-tag", "no tag tag:b is defined: add it to tagOwners", NULL,
	  "{`tagOwners`: {`tag:alpha`: [<`tag:b`>]}}" },
	{ "undefined-group", "no group group:a is defined: add it to groups", NULL,
	  "{`tagOwners`: {`tag:alpha`: [<`group:a`>]}}" },
	{ "mixed-selector-kind",
	  "10.0.0.1 is an address, and tagOwners takes users, groups, autogroups of "
	  "users, "
	  "and tags",
	  NULL, "{`tagOwners`: {`tag:alpha`: [<`10.0.0.1`>]}}" },
	{ "invalid-user", "ada is no user: users are written name@domain", NULL,
	  "{`tagOwners`: {`tag:alpha`: [<`ada`>]}}" },
	{ "invalid-user", "ada is no user; did you mean ada@example.com?", NULL,
	  "{`groups`: {`group:a`: [`ada@example.com`]},"
	  " `tagOwners`: {`tag:alpha`: [<`ada`>]}}" },

	/* groups */
	{ "nested-group",
	  "group:b is a group, and groups have users only: list its members here",
	  "groups[\"group:a\"]: \"group:b\": group members cannot be recursive",
	  "{`groups`: {`group:a`: [`x@example.com`, <`group:b`>]}}" },
	{ "mixed-selector-kind", "tag:db is a tag, and a group has users only",
	  "invalid username: \"tag:db\": needs '@domain' or 'group:' or 'role:'",
	  "{`groups`: {`group:a`: [<`tag:db`>]}}" },
	{ "mixed-selector-kind",
	  "user:*@example.com is the users of a domain, and a group has users only", NULL,
	  "{`groups`: {`group:a`: [<`user:*@example.com`>]}}" },
	{ "invalid-user", "bob is no user: users are written name@domain",
	  "invalid username: \"bob\": needs '@domain' or 'group:' or 'role:'",
	  "{`groups`: {`group:a`: [<`bob`>]}}" },
	{ "missing-prefix", "eng is not the name of a group, which starts with group:",
	  NULL, "{`groups`: {<`eng`>: []}}" },
	{ "invalid-name", "a group needs a name after group:", NULL,
	  "{`groups`: {<`group:`>: []}}" },
	{ "invalid-name",
	  "group:a@example.com comes from the identity provider, so it cannot be defined "
	  "here",
	  NULL, "{`groups`: {<`group:a@example.com`>: []}}" },

	/* hosts */
	{ "invalid-name", "a@b would be read as a user: a host's name has no @",
	  "host names cannot include an @, please change the name for \"a@b\"",
	  "{`hosts`: {<`a@b`>: `10.0.0.1`}}" },
	{ "invalid-address", "10.0.0 is neither an address nor a prefix", NULL,
	  "{`hosts`: {`h`: <`10.0.0`>}}" },
	{ "invalid-address",
	  "10.0.0.0/33 has a prefix length that its addresses do not have", NULL,
	  "{`hosts`: {`h`: <`10.0.0.0/33`>}}" },
	{ "invalid-address", "\"\" is neither an address nor a prefix", NULL,
	  "{`hosts`: {`h`: <``>}}" },
	{ "invalid-address", "10.0.0.1-10.0.0.9 is neither an address nor a prefix", NULL,
	  "{`hosts`: {`h`: <`10.0.0.1-10.0.0.9`>}}" },
	{ "v4-mapped-or-zone",
	  "fe80::1%eth0 has a zone, which means something on one "
	  "machine only",
	  NULL, "{`hosts`: {`h`: <`fe80::1%eth0`>}}" },
	{ "v4-mapped-or-zone", "010.0.0.1 has a leading zero, which some read as octal",
	  NULL, "{`hosts`: {`h`: <`010.0.0.1`>}}" },
	{ "v4-mapped-or-zone",
	  "::ffff:10.0.0.1 is an IPv4 address written as IPv6: write it as IPv4", NULL,
	  "{`hosts`: {`h`: <`::ffff:10.0.0.1`>}}" },

	/* ipsets */
	{ "missing-prefix", "lan is not the name of an ipset, which starts with ipset:",
	  NULL, "{`ipsets`: {<`lan`>: []}}" },
	{ "invalid-ipset",
	  "delete is not add or remove: an entry is one of these and an address, a "
	  "range, "
	  "host:name or ipset:name",
	  NULL, "{`ipsets`: {`ipset:a`: [<`delete 10.0.0.0/8`>]}}" },
	{ "invalid-ipset", "there is nothing to add", NULL,
	  "{`ipsets`: {`ipset:a`: [<`add`>]}}" },
	{ "invalid-ipset", "there is nothing to remove", NULL,
	  "{`ipsets`: {`ipset:a`: [<`remove `>]}}" },
	{ "invalid-address",
	  "10.0.0.0/40 has a prefix length that its addresses do not have", NULL,
	  "{`ipsets`: {`ipset:a`: [`add <10.0.0.0/40>`]}}" },
	{ "invalid-address", "10.0.0.9-10.0.0.1 ends before it starts", NULL,
	  "{`ipsets`: {`ipset:a`: [`add <10.0.0.9-10.0.0.1>`]}}" },
	{ "mixed-selector-kind",
	  "tag:db is a tag, and an ipset takes addresses, ranges, host:names, ipsets and "
	  "autogroup:internet",
	  NULL,
	  "{`tagOwners`: {`tag:db`: []}, `ipsets`: {`ipset:a`: [`add <tag:db>`]}}" },
	{ "missing-prefix", "an ipset names a host with its prefix: write host:h", NULL,
	  "{`hosts`: {`h`: `10.0.0.1`}, `ipsets`: {`ipset:a`: [`add <h>`]}}" },
	{ "undefined-host", "no host db is defined: add it to hosts", NULL,
	  "{`hosts`: {`other`: `10.0.0.1`}, `ipsets`: {`ipset:a`: [`add <host:db>`]}}" },
	{ "undefined-ipset", "no ipset ipset:alm is defined; did you mean ipset:all?",
	  NULL, "{`ipsets`: {`ipset:all`: [], `ipset:b`: [<`ipset:alm`>]}}" },
	{ "invalid-ipset",
	  "10.0.0.0/8 needs its verb, as others of this ipset are removed: write add "
	  "10.0.0.0/8",
	  NULL, "{`ipsets`: {`ipset:a`: [<`10.0.0.0/8`>, `remove 10.0.0.1`]}}" },
	{ "invalid-ipset", "ipset:a is made from itself", NULL,
	  "{`ipsets`: {`ipset:a`: [<`ipset:a`>]}}" },
	{ "invalid-ipset", "ipset:a is made from this one, so neither can be worked out",
	  NULL,
	  "{`ipsets`: {`ipset:a`: [`ipset:b`], `ipset:b`: [`10.0.0.1`, <`ipset:a`>]}}" },

	/* postures */
	{ "missing-prefix",
	  "new is not the name of a posture, which starts with posture:", NULL,
	  "{`postures`: {<`new`>: []}}" },
	{ "undefined-posture",
	  "no posture posture:nwe is defined; did you mean posture:new?", NULL,
	  "{`postures`: {`posture:new`: []}, `defaultSrcPosture`: [<`posture:nwe`>]}" },
	{ "missing-prefix", "no posture new is defined; did you mean posture:new?", NULL,
	  "{`postures`: {`posture:new`: []}, `defaultSrcPosture`: [<`new`>]}" },
	{ "undefined-posture", "no posture \"\" is defined: add it to postures", NULL,
	  "{`defaultSrcPosture`: [<``>]}" },

	/* acls */
	{ "action-not-accept",
	  "an acl's action is accept, not deny: what no rule accepts is denied",
	  "action=\"deny\" is not supported", "{`acls`: [{`action`: <`deny`>}]}" },
	{ "action-not-accept",
	  "an acl's action is accept, not Accept: what no rule accepts is denied",
	  "action=\"Accept\" is not supported", "{`acls`: [{`action`: <`Accept`>}]}" },
	{ "missing-field", "an acl needs an action, which is always accept",
	  "action=\"\" is not supported", "{`acls`: [<{>`src`: [`*`]}]}" },
	{ "unknown-protocol", "no protocol is called tpc; did you mean tcp?",
	  "proto name \"tpc\" not known; use protocol number 0-255",
	  PROTO("<`tpc`>", "`*:*`") },
	{ "unknown-protocol",
	  "no protocol is called 256: write its name, or its number from 0 to 255",
	  "proto name \"256\" not known; use protocol number 0-255",
	  PROTO("<`256`>", "`*:*`") },
	{ "invalid-port-spec", "icmp has no ports, so only * can stand here", NULL,
	  PROTO("`icmp`", "`*:*`, `srv:<22>`, `srv:80`") },
	{ "mixed-selector-kind",
	  "autogroup:self cannot stand in the src of an acl: it names the source's own "
	  "machines, so it can only be the destination of a rule",
	  "\"autogroup:self\" not valid on the src side of a rule",
	  ACL("<`autogroup:self`>", "`autogroup:self:*`") },
	{ "undefined-tag", "no tag tag:dbb is defined; did you mean tag:db?",
	  "src=tag not found: \"tag:dbb\"", ACL("<`tag:dbb`>", "`*:*`") },
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners",
	  "dst=\"tag:queue\": tag not found: \"tag:queue\"",
	  ACL("`*`", "`<tag:queue>:22`") },
	{ "case-mismatch", "tag:DB is not defined, but tag:db is: case matters",
	  "src=tag not found: \"tag:DB\"", ACL("<`tag:DB`>", "`*:*`") },
	{ "case-mismatch",
	  "Group:eng is no selector: prefixes are written in small letters, as in "
	  "group:eng",
	  "\"Group:eng\": invalid address", ACL("<`Group:eng`>", "`*:*`") },
	{ "case-mismatch",
	  "there is no autogroup:Member, but there is autogroup:member: "
	  "case matters",
	  NULL, ACL("<`autogroup:Member`>", "`*:*`") },
	{ "unknown-autogroup", "there is no autogroup:members-only", NULL,
	  ACL("<`autogroup:members-only`>", "`*:*`") },
	{ "unknown-autogroup",
	  "there is no autogroup:memebr; did you mean autogroup:member?", NULL,
	  ACL("<`autogroup:memebr`>", "`*:*`") },
	{ "undefined-group", "no group group:egn is defined; did you mean group:eng?",
	  NULL, ACL("<`group:egn`>", "`*:*`") },
	{ "undefined-group", "no group group:db is defined; did you mean tag:db?", NULL,
	  ACL("<`group:db`>", "`*:*`") },
	{ "missing-prefix",
	  "db is read as a host, and there is none; did you mean tag:db?",
	  "\"db\": invalid address", ACL("<`db`>", "`*:*`") },
	{ "missing-prefix",
	  "member is read as a host, and there is none; did you mean autogroup:member?",
	  "\"member\": invalid address", ACL("<`member`>", "`*:*`") },
	{ "undefined-host", "no host srw is defined; did you mean srv?",
	  "\"srw\": invalid address", ACL("`*`", "`<srw>:22`") },
	{ "undefined-host", "no host ada is defined; did you mean ada@example.com?",
	  "\"ada\": invalid address", ACL("<`ada`>", "`*:*`") },
	{ "undefined-host", "no host enng is defined; did you mean group:eng?",
	  "\"enng\": invalid address", ACL("<`enng`>", "`*:*`") },
	{ "undefined-host", "no host egn is defined: add it to hosts",
	  "\"egn\": invalid address", ACL("<`egn`>", "`*:*`") },
	{ "undefined-host", "no host enngs is defined: add it to hosts",
	  "\"enngs\": invalid address", ACL("<`enngs`>", "`*:*`") },
	{ "undefined-ipset", "no ipset ipset:wan is defined; did you mean ipset:lan?",
	  NULL, ACL("<`ipset:wan`>", "`*:*`") },
	{ "invalid-selector", "an empty text names nobody", "\"\": invalid address",
	  ACL("<``>", "`*:*`") },
	{ "invalid-selector", "gruop:eng is no selector; did you mean group:eng?",
	  "\"gruop:eng\": invalid address", ACL("<`gruop:eng`>", "`*:*`") },
	{ "invalid-selector", "department:x is no selector: none starts with department:",
	  "\"department:x\": invalid address", ACL("<`department:x`>", "`*:*`") },
	{ "invalid-address", "10.0.0.256 is neither an address nor a prefix",
	  "\"10.0.0.256\": invalid address", ACL("<`10.0.0.256`>", "`*:*`") },
	{ "mixed-selector-kind",
	  "10.0.0.1-10.0.0.9 cannot stand in the src of an acl: ranges are for ipsets; "
	  "elsewhere write prefixes, or an ipset",
	  NULL, ACL("<`10.0.0.1-10.0.0.9`>", "`*:*`") },
	{ "mixed-selector-kind",
	  "svc:web cannot stand in the src of an acl: a service answers and does not "
	  "ask, "
	  "so it can only be a destination",
	  NULL, ACL("<`svc:web`>", "`*:*`") },
	{ "mixed-selector-kind",
	  "autogroup:nonroot cannot stand in the src of an acl: it names logins, so it "
	  "can "
	  "only be among the users of an ssh rule",
	  NULL, ACL("<`autogroup:nonroot`>", "`*:*`") },
	{ "mixed-selector-kind",
	  "localpart:*@example.com cannot stand in the src of an acl: it names logins, "
	  "so "
	  "it can only be among the users of an ssh rule",
	  NULL, ACL("<`localpart:*@example.com`>", "`*:*`") },
	{ "mixed-selector-kind",
	  "autogroup:danger-all cannot stand in the dst of an acl: it names everybody, "
	  "outside the tailnet too, so it can only be the source of a rule",
	  "cannot use autogroup:danger-all as a dst",
	  ACL("`*`", "`<autogroup:danger-all>:*`") },
	{ "invalid-name",
	  "svc:-a is no service: its name must not start or end with a "
	  "hyphen",
	  NULL, ACL("`*`", "`<svc:-a>:80`") },
	{ "missing-port", "srv has no ports: write srv:*, or the ports that are meant",
	  "dst=\"srv\": hostport must contain a colon (\":\")", ACL("`*`", "<`srv`>") },
	{ "missing-port", "* has no ports: write *:*, or the ports that are meant",
	  "dst=\"*\": hostport must contain a colon (\":\")", ACL("`*`", "<`*`>") },
	{ "missing-port",
	  "tag:db has no ports: write tag:db:*, or the ports that are meant",
	  "dst=\"tag:db\": port range \"db\": invalid first integer",
	  ACL("`*`", "<`tag:db`>") },
	{ "missing-port",
	  "autogroup:self has no ports: write autogroup:self:*, or the ports that are "
	  "meant",
	  "dst=\"autogroup:self\": port range \"self\": invalid first integer",
	  ACL("`*`", "<`autogroup:self`>") },
	{ "missing-port",
	  "fd7a::10 has no ports: write [fd7a::10]:*, or the ports that are meant", NULL,
	  ACL("`*`", "<`fd7a::10`>") },
	{ "missing-port",
	  "fd7a::/16 has no ports: write [fd7a::/16]:*, or the ports that are meant",
	  "dst=\"fd7a::/16\": port range \"/16\": invalid first integer",
	  ACL("`*`", "<`fd7a::/16`>") },
	{ "invalid-port-spec", "SSH is no port: write one from 1 to 65535, a range or *",
	  "dst=\"tag:db:SSH\": port range \"ssh\": invalid first integer",
	  ACL("`*`", "`tag:db:<SSH>`") },
	{ "invalid-port-spec", "icmp is a protocol: it belongs in proto",
	  "dst=\"srv:icmp\": port range \"icmp\": invalid first integer",
	  ACL("`*`", "`srv:<icmp>`") },
	{ "invalid-port-spec", "there is no port 0: write * for all ports",
	  "dst=\"srv:0\": port range \"0\": first port must be >0, or use '*' for "
	  "wildcard",
	  ACL("`*`", "`srv:<0>`") },
	{ "invalid-port-spec",
	  "the range 80-70000 does not end with a port from 1 to 65535",
	  "dst=\"srv:22,80-70000\": port range \"80-70000\": invalid last integer",
	  ACL("`*`", "`srv:22,<80-70000>`") },
	{ "invalid-port-spec", "the range 443-80 ends before it starts",
	  "dst=\"srv:443-80\": port range \"443-80\": first port must be >= last port",
	  ACL("`*`", "`srv:<443-80>`") },
	{ "invalid-port-spec", "1-2-3 has more than one hyphen, and a range has one",
	  "dst=\"srv:1-2-3\": port range \"1-2-3\": too many dashes(-)",
	  ACL("`*`", "`srv:<1-2-3>`") },
	{ "invalid-port-spec", "no port follows the colon: write one, a range or *",
	  "dst=\"srv:\": invalid port list: \"\"", ACL("`*`", "`srv:<>`") },
	{ "invalid-port-spec",
	  "a destination is one host and its ports: write one element for each host",
	  "dst=\"a,b:22\": host cannot contain a comma (\",\")",
	  ACL("`*`", "<`a,b:22`>") },
	{ "invalid-address", "[10.0.0.1] is neither an address nor a prefix",
	  "\"[10.0.0.1]\": invalid address", ACL("`*`", "`<[10.0.0.1]>:22`") },
	{ "self-source", SRC_ONLY_MEMBERS("tag:db"), NO_SELF,
	  ACL("`autogroup:member`, <`tag:db`>, `tag:web`", "`autogroup:self:*`") },
	{ "self-source", SRC_ONLY_MEMBERS("10.0.0.1"), NO_SELF,
	  ACL("<`10.0.0.1`>", "`autogroup:self:*`") },
	{ "self-source", SRC_ONLY_MEMBERS("srv"), NO_SELF,
	  ACL("<`srv`>", "`srv:*`, `autogroup:self:*`") },
	{ "self-source", SRC_ONLY_MEMBERS("autogroup:tagged"), NO_SELF,
	  ACL("<`autogroup:tagged`>", "`autogroup:self:*`") },
	{ "undefined-posture", "no posture posture:old is defined: add it to postures",
	  NULL, "{`acls`: [{`action`: `accept`, `srcPosture`: [<`posture:old`>]}]}" },

	/* grants */
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners",
	  "src=tag not found: \"tag:queue\"", GRANT("<`tag:queue`>", "`*`") },
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners",
	  "dst=\"tag:queue\": tag not found: \"tag:queue\"",
	  GRANT("`*`", "<`tag:queue`>") },
	{ "undefined-tag",
	  "no tag tag:db:22 is defined; a grant's dst has no ports: they belong in ip",
	  "dst=\"tag:db:22\": tag not found: \"tag:db:22\"",
	  GRANT("`*`", "<`tag:db:22`>") },
	{ "invalid-selector", "10.0.0.1:22 has ports, and a grant's ports belong in ip",
	  "\"10.0.0.1:22\": invalid address", GRANT("`*`", "<`10.0.0.1:22`>") },
	{ "invalid-selector", "*:* has ports, and a grant's ports belong in ip",
	  "\"*:*\": invalid address", GRANT("`*`", "<`*:*`>") },
	{ "mixed-selector-kind",
	  "autogroup:self cannot stand in the src of a grant: it names the source's own "
	  "machines, so it can only be the destination of a rule",
	  "\"autogroup:self\" not valid on the src side of a rule",
	  GRANT("<`autogroup:self`>", "`*`") },
	{ "self-source", SRC_ONLY_MEMBERS("*"), NO_SELF,
	  GRANT("<`*`>", "`autogroup:self`") },
	{ "missing-field", "a grant needs ip, app or both: \"ip\": [\"*\"] is all ports",
	  "ip and app can not both be empty",
	  "{`grants`: [<{>`src`: [`*`], `dst`: [`*`]}]}" },
	{ "missing-field", "a grant needs ip, app or both: \"ip\": [\"*\"] is all ports",
	  "ip and app can not both be empty",
	  "{`grants`: [{`src`: [`*`], `dst`: [`*`], `ip`: <[]>, `app`: {}}]}" },
	{ "invalid-port-spec", "icmp is a protocol without its ports: write icmp:*",
	  "port range \"icmp\": invalid first integer", IP("`<icmp>`") },
	{ "invalid-port-spec", "there is no port 0: write * for all ports",
	  "port range \"0\": first port must be >0, or use '*' for wildcard",
	  IP("`tcp:<0>`") },
	{ "invalid-port-spec", "80,443 is a list: write one element for each port",
	  "port range \"80,443\": invalid first integer", IP("`tcp:<80,443>`") },
	{ "invalid-port-spec", "an empty text is no port: write * for all of them",
	  "empty string", IP("<``>") },
	{ "invalid-port-spec", "no port follows the colon: write one, a range or *",
	  "invalid port list: \"\"", IP("<`tcp:`>") },
	{ "unknown-protocol", "a protocol is missing before the colon", "empty protocol",
	  IP("<`:80`>") },
	{ "unknown-protocol",
	  "one protocol stands before a colon: write one element for each",
	  "host cannot contain a comma (\",\")", IP("`<tcp,udp>:80`") },
	{ "unknown-protocol", "no protocol is called tpc; did you mean tcp?",
	  "proto name \"tpc\" not known; use protocol number 0-255", IP("`<tpc>:80`") },
	{ "invalid-port-spec", "gre has no ports, so only * can stand here", NULL,
	  IP("<`gre:80`>") },
	{ "mixed-selector-kind", "srv is a host, and via takes tags",
	  "via can only be a tag", VIA("<`srv`>") },
	{ "mixed-selector-kind", "group:eng is a group, and via takes tags",
	  "via can only be a tag", VIA("<`group:eng`>") },
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners",
	  "tag \"tag:queue\" not found", VIA("`tag:db`, <`tag:queue`>") },
	{ "missing-prefix",
	  "db is read as a host, and there is none; did you mean tag:db?",
	  "via can only be a tag", VIA("<`db`>") },
	{ "v4-mapped-or-zone",
	  "::ffff:192.0.2.1 is an IPv4 address written as IPv6: write it as IPv4", NULL,
	  GRANT("<`::ffff:192.0.2.1`>", "`*`") },
	{ "invalid-name",
	  "svc:-a is no service: its name must not start or end with a hyphen", NULL,
	  GRANT("`*`", "<`svc:-a`>") },
	{ "invalid-name",
	  "svc:a- is no service: its name must not start or end with a hyphen", NULL,
	  GRANT("`*`", "<`svc:a-`>") },
	{ "invalid-name",
	  "svc:a_b is no service: its name can only contain numbers, letters, or hyphens",
	  NULL, GRANT("`*`", "<`svc:a_b`>") },
	{ "invalid-capability",
	  "a capability is {domain}/{path} without a scheme, not https://example.com/x",
	  NO_FORM, APP("`*`", "<`https://example.com/x`>") },
	{ "invalid-capability",
	  "a capability is {domain}/{path}, as in example.com/cap/read, not read",
	  NO_FORM, APP("`*`", "<`read`>") },
	{ "invalid-capability",
	  "a capability is {domain}/{path}, as in example.com/cap/read, not /read",
	  NO_FORM, APP("`*`", "<`/read`>") },
	{ "invalid-capability",
	  "tailscale.com/cap/ingress is Tailscale's own and cannot be granted",
	  "capability name must not be in the tailscale.com domain",
	  APP("`*`", "<`tailscale.com/cap/ingress`>") },
	{ "mixed-selector-kind",
	  "autogroup:danger-all cannot stand in the dst of a grant: it names everybody, "
	  "outside the tailnet too, so it can only be the source of a rule",
	  "cannot use autogroup:danger-all as a dst",
	  GRANT("`*`", "<`autogroup:danger-all`>") },
	{ "internet-in-app-grant",
	  "nobody in the internet has use for app capabilities: grant autogroup:internet "
	  "apart",
	  "cannot use app grants with autogroup:internet",
	  APP("<`autogroup:internet`>", "`example.com/x`") },
	{ "mixed-selector-kind", "autogroup:admin cannot be the dst of a grant with app",
	  NULL, APP("<`autogroup:admin`>", "`example.com/x`") },
	{ "default-route-cidr",
	  "0.0.0.0/0 may mean every machine or the internet: write * or "
	  "autogroup:internet",
	  "dst \"0.0.0.0/0\": to allow all IP addresses, use \"*\" or "
	  "\"autogroup:internet\"",
	  GRANT("`*`", "<`0.0.0.0/0`>") },
	{ "default-route-cidr",
	  "::/0 may mean every machine or the internet: write * or autogroup:internet",
	  "dst \"::/0\": to allow all IP addresses, use \"*\" or \"autogroup:internet\"",
	  GRANT("`*`", "<`::/0`>") },

	/* ssh */
	{ "missing-field", "an ssh rule needs an action: accept or check",
	  "action must be specified", "{`ssh`: [<{>`users`: [`root`]}]}" },
	{ "missing-field", "an ssh rule needs an action: accept or check",
	  "action must be specified", "{`ssh`: [{`action`: <` `>, `users`: [`root`]}]}" },
	{ "action-not-accept", "an ssh rule's action is accept or check, not ACCEPT",
	  "\"ACCEPT\" is not a valid action",
	  "{`ssh`: [{`action`: <`ACCEPT`>, `users`: [`root`]}]}" },
	{ "missing-field",
	  "an ssh rule needs users: the logins that it is for, root or autogroup:nonroot",
	  "users must be specified", "{`ssh`: [<{>`action`: `accept`}]}" },
	{ "missing-field",
	  "an ssh rule needs users: the logins that it is for, root or autogroup:nonroot",
	  "users must be specified", "{`ssh`: [{`action`: `accept`, `users`: <[]>}]}" },
	{ "invalid-user", "an empty text is nobody's login", "user \"\" is not valid",
	  SSH_FIELDS("`users`: [<`  `>]") },
	{ "ssh-any-user",
	  "* is no login: autogroup:nonroot is any login but root, and root is written "
	  "apart",
	  "user \"*\" is not valid", SSH_FIELDS("`users`: [`root`, <`*`>]") },
	{ "ssh-accept-env", "an empty text is no variable's name",
	  "acceptEnv values cannot be empty",
	  SSH_FIELDS("`users`: [`root`], `acceptEnv`: [`A`, <``>]") },
	{ "ssh-check-period",
	  "checkPeriod abc is no duration: write one like 12h or 1h30m, or always",
	  "time: invalid duration \"abc\"",
	  SSH_FIELDS("`users`: [`root`], `checkPeriod`: <`abc`>") },
	{ "ssh-check-period", "checkPeriod -1m is negative",
	  "checkPeriod -1m0s must be a positive duration",
	  SSH_FIELDS("`users`: [`root`], `checkPeriod`: <`-1m`>") },
	{ "ssh-check-period",
	  "checkPeriod 169h is longer than a week, 168h, the most there "
	  "is",
	  "checkPeriod 169h0m0s is above the max (168h)",
	  SSH_FIELDS("`users`: [`root`], `checkPeriod`: <`169h`>") },
	{ "ssh-invalid-combination",
	  "srv is a host, and the dst of an ssh rule takes tags, autogroup:tagged, "
	  "autogroup:self, or the user who is its only src",
	  "invalid dst \"srv\"", SSH("`accept`", "`ada@example.com`", "<`srv`>") },
	{ "ssh-invalid-combination",
	  "10.0.0.0/8 is an address, and the dst of an ssh rule takes tags, "
	  "autogroup:tagged, autogroup:self, or the user who is its only src",
	  "invalid dst \"10.0.0.0/8\"",
	  SSH("`accept`", "`ada@example.com`", "<`10.0.0.0/8`>") },
	{ "ssh-invalid-combination",
	  "nowhere is no name that is known, and the dst of an ssh rule takes tags, "
	  "autogroup:tagged, autogroup:self, or the user who is its only src",
	  "invalid dst \"nowhere\"",
	  SSH("`accept`", "`ada@example.com`", "<`nowhere`>") },
	{ "ssh-invalid-combination",
	  "* is the wildcard, and the dst of an ssh rule takes tags, autogroup:tagged, "
	  "autogroup:self, or the user who is its only src",
	  NULL, SSH("`accept`", "`ada@example.com`", "<`*`>") },
	{ "ssh-invalid-combination",
	  "* is the wildcard, and the src of an ssh rule takes users, groups, tags, "
	  "autogroups of users and autogroup:tagged",
	  NULL, SSH("`accept`", "<`*`>", "`tag:db`") },
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners", NULL,
	  SSH("`accept`", "`ada@example.com`", "<`tag:queue`>") },
	{ "ssh-invalid-combination",
	  "the machines of ada@example.com are for ada@example.com alone: src has to be "
	  "nobody else, or dst autogroup:self",
	  NULL,
	  SSH("`accept`", "`ada@example.com`, `bob@example.com`",
	      "<`ada@example.com`>") },
	{ "ssh-invalid-combination",
	  "tagged machines have no autogroup:self: tag:db may reach tagged machines only",
	  NULL, SSH("`accept`", "<`tag:db`>", "`autogroup:self`") },
	{ "ssh-invalid-combination",
	  "tagged machines have no autogroup:self: autogroup:tagged may reach tagged "
	  "machines only",
	  NULL, SSH("`check`", "<`autogroup:tagged`>", "`autogroup:self`") },
	{ "ssh-invalid-combination",
	  "check asks people to log in again, and tag:web is nobody: use accept for tags",
	  "[ssh] \"check\" action does not support tags in src",
	  SSH("`check`", "<`tag:web`>", "`tag:db`") },
	{ "invalid-value", "recorder takes one tag: give all recorders the same", NULL,
	  SSH_FIELDS("`users`: [`root`], `recorder`: [`tag:db`, <`tag:web`>]") },
	{ "mixed-selector-kind", "ada@example.com is a user, and recorder takes a tag",
	  NULL, SSH_FIELDS("`users`: [`root`], `recorder`: [<`ada@example.com`>]") },

	/* nodeAttrs */
	{ "ip-pool-invalid",
	  "100.100.100.0/24 lies within 100.100.100.0/24, which is "
	  "reserved",
	  "IPPool(100.100.100.0/24): network within reserved range",
	  POOL("<`100.100.100.0/24`>") },
	{ "ip-pool-invalid",
	  "100.115.93.7/32 lies within 100.115.92.0/23, which is reserved",
	  "IPPool(100.115.93.7/32): network within reserved range",
	  POOL("<`100.115.93.7/32`>") },
	{ "ip-pool-invalid",
	  "10.0.0.0/8 does not lie within 100.64.0.0/10, from which machines get their "
	  "addresses",
	  NULL, POOL("<`10.0.0.0/8`>") },
	{ "invalid-address", "pool is neither an address nor a prefix", NULL,
	  POOL("<`pool`>") },
	{ "undefined-host", "no host %bogus% is defined: add it to hosts",
	  "\"%bogus%\": invalid address", ATTR("<`%bogus%`>") },
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners",
	  "tag not found: \"tag:queue\"", ATTR("<`tag:queue`>") },
	{ "mixed-selector-kind",
	  "autogroup:self cannot stand in the target of nodeAttrs: it names the source's "
	  "own machines, so it can only be the destination of a rule",
	  "internal server error", ATTR("<`autogroup:self`>") },
	{ "mixed-selector-kind",
	  "ipset:lan is an ipset, and the target of nodeAttrs takes users, groups, tags, "
	  "autogroups, hosts, addresses and *",
	  NULL, ATTR("<`ipset:lan`>") },

	/* autoApprovers, and the rest */
	{ "invalid-address",
	  "10.0.0.1 is an address, and routes are prefixes: write "
	  "10.0.0.1/32",
	  NULL, ROUTES("<`10.0.0.1`>", "`tag:db`") },
	{ "invalid-address", "srv is neither an address nor a prefix", NULL,
	  ROUTES("<`srv`>", "`tag:db`") },
	{ "undefined-tag", "no tag tag:queue is defined: add it to tagOwners", NULL,
	  ROUTES("`10.0.0.0/8`", "<`tag:queue`>") },
	{ "mixed-selector-kind",
	  "* is the wildcard, and autoApprovers takes users, groups, tags and autogroups",
	  NULL, "{`autoApprovers`: {`exitNode`: [<`*`>]}}" },
	{ "invalid-name", "web is no service: its name must start with 'svc:'",
	  "\"web\" is not a valid service name: must start with 'svc:'",
	  "{`autoApprovers`: {`services`: {<`web`>: []}}}" },
	{ "invalid-name",
	  "svc: is no service: its name must not be empty after the 'svc:' prefix",
	  "\"svc:\" is not a valid service name: must not be empty after the 'svc:' "
	  "prefix",
	  "{`autoApprovers`: {`services`: {<`svc:`>: []}}}" },
	{ "mixed-selector-kind",
	  "ada@example.com is a user, and autoApprovers.services takes tags", NULL,
	  "{`autoApprovers`: {`services`: {`svc:web`: [<`ada@example.com`>]}}}" },
	{ "invalid-value",
	  "mac-allways is no value for OneCGNATRoute; did you mean "
	  "mac-always?",
	  NULL, "{`OneCGNATRoute`: <`mac-allways`>}" },
	{ "invalid-value",
	  "on is no value for OneCGNATRoute, which takes mac-always or mac-never", NULL,
	  "{`OneCGNATRoute`: <`on`>}" },
	{ "invalid-value",
	  "list is no value for type, which takes string, bool or number", NULL,
	  "{`attrConfig`: {`custom:a`: {`type`: <`list`>}}}" },

	/* sshTests */
	{ "invalid-test", "a test is about single addresses, and 10.0.0.0/8 is a prefix",
	  "SSH tests dst contains disallowed element \"10.0.0.0/8\"",
	  SSH_TEST("<`10.0.0.0/8`>") },
	{ "invalid-test",
	  "autogroup:internet cannot stand in the dst of an sshTest: it names what lies "
	  "behind exit nodes, where only acls and grants lead",
	  "SSH tests dst contains disallowed element \"autogroup:internet\"",
	  SSH_TEST("<`autogroup:internet`>") },
	{ "invalid-test", "no tag tag:db:22 is defined: add it to tagOwners",
	  "SSH tests dst contains unknown tag \"tag:db:22\"", SSH_TEST("<`tag:db:22`>") },
};

static void
each_refusal_is_told_once_at_its_place_and_in_both_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refusals); i++) {
		struct bench b;
		bench_judge(&b, refusals[i].text);
		assert_refusal(&b, &refusals[i], LEVEL_ERROR);
		bench_end(&b);
	}
}

/* What the coordinator takes, odd as it may look. */
static const char *const accepted[] = {
	"{}",
	/* a reference to what nobody defines here: users, synced groups, logins */
	ACL("`nobody@nowhere.example`, `group:hr@example.com`", "`ghost@example.com:*`"),
	ACL("`user:*@example.com`", "`user:*@example.com:22`"),
	/* tag owners in circles, none, and of their own */
	"{`tagOwners`: {`tag:a`: [`tag:b`], `tag:b`: [`tag:a`], `tag:c`: [`tag:c`],"
	" `tag:d`: []}}",
	"{`tagOwners`: {`tag:a`: [`autogroup:admin`, `group:x@example.com`, "
	"`a@b.example`]}}",
	"{`groups`: {`group:none`: [], `group:null`: null}}",
	/* both spellings of autogroup:member in one file */
	ACL("`autogroup:member`, `autogroup:members`", "`*:*`"),
	/* empty sources and destinations, and none at all */
	"{`acls`: [{`action`: `accept`}, {`action`: `accept`, `src`: [], `dst`: []}]}",
	"{`grants`: [{`src`: [], `dst`: [], `ip`: [`*`]}, {`ip`: [`*`]}]}",
	"{`ssh`: [{`action`: `accept`, `users`: [`root`]}]}",
	/* ports, protocols */
	IP("`47`, `*:*`, `TCP:80-443`, `47:*`, `icmp:*`, `ipv6-icmp:*`"),
	PROTO("`1`", "`*:*`"),
	PROTO("``", "`*:22`"),
	PROTO("`SCTP`", "`srv:80,443,8000-9000`"),
	PROTO("`icmp`", "`*:*,*`"),
	/* destinations of acls */
	ACL("`*`", "`0.0.0.0/0:*`, `::/0:*`, `[::]/0:*`, `[fd7a::1]:22`, `fd7a::1:22`"),
	ACL("`*`", "`autogroup:self:*`, `autogroup:internet:*`, `svc:web:443`"),
	ACL("`host:srv`", "`host:srv:22`, `ipset:lan:*`"),
	ACL("`10.1.2.3/8`", "`10.1.2.3/8:*`"),
	ACL("` *`", "` tag:db:22 `"),
	/* grants */
	GRANT("`autogroup:danger-all`, `autogroup:shared`", "`autogroup:internet`"),
	GRANT("`group:eng`, `user:*@example.com`, `autogroup:it-admin`, `x@y.example`",
	      "`autogroup:self`"),
	APP("`*`", "`example.com/a/b`"),
	APP("`autogroup:tagged`", "`tailscale.com/cap/drive`"),
	APP("`*`", "`tailscale.community/x`"),
	APP("`*`", "`x/y`"),
	GRANT("`*`", "`svc:a-1`"),
	VIA("`tag:db`, `tag:web`"),
	VIA(""),
	/* ssh */
	"{`ssh`: null}",
	SSH("` accept`", "`autogroup:member`", "`autogroup:self`, `tag:db`"),
	SSH("`check`", "`autogroup:admin`", "`autogroup:tagged`"),
	SSH("`accept`", "`ada@example.com`", "`ada@example.com`"),
	SSH("`accept`", "`tag:db`, `autogroup:tagged`", "`tag:web`"),
	SSH_FIELDS("`users`: [`\\troot`, `autogroup:nonroot`, `tag:foo`, `group:foo`,"
	           " `autogroup:self`, `localpart:foo`, `localpart:*@`, `a:b`, `ö`]"),
	SSH_FIELDS(
		"`users`: [`localpart:*@example.com`], `acceptEnv`: [`*`, `**`, `A?`]"),
	SSH_FIELDS("`users`: [`root`], `checkPeriod`: `168h`"),
	SSH_FIELDS("`users`: [`root`], `checkPeriod`: `0s`"),
	SSH_FIELDS("`users`: [`root`], `checkPeriod`: `always`"),
	SSH_FIELDS("`users`: [`root`], `recorder`: [`tag:db`], `enforceRecorder`: true"),
	/* nodeAttrs */
	"{`nodeAttrs`: [{}, {`target`: []}, {`target`: [`*`], `attr`: [`no such thing`, "
	"``]}]}",
	ATTR("`srv`, `10.0.0.0/8`, `autogroup:admin`, `group:eng`, `ada@example.com`"),
	POOL("`100.81.0.0/16`, `100.64.0.0/10`"),
	/* the rest */
	ROUTES("`0.0.0.0/0`", "`autogroup:member`, `group:eng`, `tag:db`, `x@y.example`"),
	"{`autoApprovers`: {`services`: {`svc:web`: []}}}",
	"{`OneCGNATRoute`: ``, `attrConfig`: {`custom:a`: {`type`: `bool`,"
	" `broadcastToPeers`: [`*`]}}}",
	"{`hosts`: {`10net`: `10.0.0.0/8`, `x y`: `fd7a::1`}}",
	"{`ipsets`: {`ipset:a`: [`ipset:b`, `autogroup:internet`, `10.0.0.1-10.0.0.9`],"
	" `ipset:b`: [`add 10.0.0.0/8`, `remove 10.0.0.1`]}}",
	SSH_TEST("`tag:db`, `ada@example.com`, `10.0.0.1`, `fd7a::1`, `srv`, `nowhere`"),
	"{`tests`: [{`src`: `tag:none`, `accept`: [`10.0.0.0/8:*`]}, {}]}",
};

static void
what_the_coordinator_takes_is_not_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(accepted); i++) {
		struct bench b;
		bench_judge(&b, accepted[i]);
		if (b.findings.n > 0)
			fail_msg("\"%s\", of %s", b.findings.at[0]->said, accepted[i]);
		bench_end(&b);
	}
}

/* Both of one mistake. */
static const struct refusal causes[] = {
	{ "unknown-field", "a policy has no tagOwner; did you mean tagOwners?",
	  "json: unknown field \"tagOwner\"",
	  "{<`tagOwner`>: {`tag:db`: []},"
	  " `acls`: [{`action`: `accept`, `src`: [`tag:db`], `dst`: [`tag:x:*`]}]}" },
	{ "unknown-field", "a policy has no group; did you mean groups?",
	  "json: unknown field \"group\"",
	  "{<`group`>: {}, `acls`: [{`action`: `accept`, `src`: [`group:a`]}]}" },
	{ "unknown-field", "an ssh rule has no user; did you mean users?",
	  "json: unknown field \"user\"",
	  "{`ssh`: [{`action`: `accept`, <`user`>: [`root`]}]}" },
	{ "wrong-type", "users takes a list of strings, not a string", NULL,
	  "{`ssh`: [{`action`: `accept`, `users`: <`root`>}]}" },
	{ "wrong-type", "action takes a string, not true", NULL,
	  "{`acls`: [{`action`: <true>}]}" },
	{ "wrong-type", "ip takes a list of strings, not a string", NULL,
	  "{`grants`: [{`ip`: <`443`>}]}" },
	{ "wrong-type", "proto takes a string, not a number", NULL,
	  "{`acls`: [{`action`: `accept`, `proto`: <6>}]}" },
	{ "wrong-type", "h takes an address or a prefix, not a number", NULL,
	  "{`hosts`: {`h`: <1>}, `acls`: [{`action`: `accept`, `src`: [`h`]}]}" },
	{ "ssh-invalid-combination",
	  "* is the wildcard, and the src of an ssh rule takes users, groups, tags, "
	  "autogroups of users and autogroup:tagged",
	  NULL, SSH("`accept`", "<`*`>", "`ada@example.com`") },
	{ "undefined-host", "no host nowhere is defined: add it to hosts",
	  "\"nowhere\": invalid address", ACL("<`nowhere`>", "`autogroup:self:*`") },
};

static void
one_mistake_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(causes); i++) {
		struct bench b;
		bench_judge(&b, causes[i].text);
		assert_refusal(&b, &causes[i], LEVEL_ERROR);
		bench_end(&b);
	}
}

static void
all_mistakes_are_told_in_the_coordinators_order(void **state)
{
	static const char *const expected[] = {
		"tagOwners[\"tag:1\"]: tag names must start with a letter, after 'tag:'",
		"groups[\"group:b\"]: \"group:c\": group members cannot be recursive",
		"groups[\"group:a\"]: \"group:b\": group members cannot be recursive",
		"action=\"deny\" is not supported",
		"dst=\"tag:x\": tag not found: \"tag:x\"",
		"src=tag not found: \"tag:x\"",
		"port range \"icmp\": invalid first integer",
		"tag \"tag:x\" not found",
		"capability name must not be in the tailscale.com domain",
		("dst \"::/0\": to allow all IP addresses, use \"*\" or "
		 "\"autogroup:internet\""),
		"cannot use autogroup:danger-all as a dst",
		"action must be specified",
		"user \"*\" is not valid",
		"acceptEnv values cannot be empty",
		"time: invalid duration \"x\"",
		"invalid dst \"srv\"",
		"IPPool(100.100.0.0/24): network within reserved range",
		"\"nowhere\": invalid address",
		"SSH tests dst contains unknown tag \"tag:x\"",
	};
	struct bench b;

	(void)state;
	bench_judge(
		&b,
		"{`sshTests`: [{`src`: `a@b.example`, `dst`: [`tag:x`]}],"
		" `nodeAttrs`: [{`target`: [`nowhere`], `ipPool`: [`100.100.0.0/24`]}],"
		" `ssh`: [{`acceptEnv`: [``], `checkPeriod`: `x`, `dst`: [`srv`],"
		"  `users`: [`*`]}],"
		" `grants`: [{`src`: [`tag:x`], `ip`: [`icmp`], `via`: [`tag:x`],"
		"  `dst`: [`::/0`, `autogroup:danger-all`],"
		"  `app`: {`tailscale.com/cap/x`: []}}],"
		" `acls`: [{`action`: `deny`, `dst`: [`tag:x:22`]}],"
		" `groups`: {`group:a`: [`group:b`], `group:b`: [`group:c`]},"
		" `hosts`: {`srv`: `10.0.0.1`}, `tagOwners`: {`tag:1`: []}}");
	assert_int_equal(b.findings.n_errors, LENGTH(expected));
	for (size_t i = 0; i < LENGTH(expected); i++)
		assert_string_equal(b.findings.at[i]->coordinator, expected[i]);
	bench_end(&b);
}

static void
the_first_offending_destination_of_a_grant_wins(void **state)
{
	struct bench b;

	(void)state;
	bench_judge(&b, GRANT("`*`", "`tag:db`, `::/0`, `0.0.0.0/0`"));
	assert_string_equal(findings_first_error(&b.findings)->coordinator,
	                    "dst \"::/0\": to allow all IP addresses, use \"*\" or "
	                    "\"autogroup:internet\"");
	assert_int_equal(b.findings.n_errors, 2);
	bench_end(&b);
}

static void
a_second_place_is_noted(void **state)
{
	static const struct {
		const char *text; /* < and > around that place */
		const char *said;
	} rows[] = {
		{ "{`tagOwners`: {<`tag:db`>: []}, `acls`: [{`action`: `accept`,"
		  " `src`: [`tag:Db`]}]}",
		  "tag:db is defined here" },
		{ ACL("`tag:db`", "`<autogroup:self>:*`"),
		  "autogroup:self is named here" },
		{ APP("`autogroup:internet`", "<`example.com/x`>"),
		  "app is granted here" },
		{ SSH("<`check`>", "`tag:db`", "`tag:db`"), "check stands here" },
		{ SSH("`accept`", "<`bob@example.com`>", "`ada@example.com`"),
		  "bob@example.com is a source too" },
		{ "{`ipsets`: {<`ipset:a`>: [`ipset:b`], `ipset:b`: [`ipset:a`]}}",
		  "ipset:a is defined here" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct bench b;
		bench_judge(&b, rows[i].text);
		assert_int_equal(b.findings.n, 1);
		const struct note *note = b.findings.at[0]->notes;
		assert_string_equal(note->said, rows[i].said);
		assert_int_equal(note->where.first, b.marked.first);
		assert_int_equal(note->where.end, b.marked.end);
		bench_end(&b);
	}
}

static void
an_assertion_is_told_from_where_it_goes_wrong(void **state)
{
	struct bench b;

	(void)state;
	bench_judge(&b,
	            "{`postures`: {`posture:a`: [`node:os == 'linux'`, `node:os ~ 1`]}}");
	assert_int_equal(b.findings.n, 1);
	const struct finding *f = b.findings.at[0];
	assert_ptr_equal(f->check, &CHECK_INVALID_POSTURE);
	assert_text(source_text(b.source, f->where), "~ 1");
	bench_end(&b);
}

/* A tailnet of which only the domains are known. */
static void
assert_domain(const char *text, const char *words)
{
	struct text domains[] = { text_of("example.com"), text_of("sub.example.org") };
	struct tailnet tailnet = { .domains = domains, .n_domains = LENGTH(domains) };
	struct bench b;

	bench_read(&b, text, TARGET_TAILSCALE);
	policy_validate(b.policy, &tailnet, &b.findings);
	assert_int_equal(b.findings.n, words ? 1 : 0);
	if (words) {
		assert_ptr_equal(b.findings.at[0]->check, &CHECK_FOREIGN_DOMAIN);
		assert_string_equal(b.findings.at[0]->coordinator, words);
	}
	bench_end(&b);

	tailnet.imagined = true;
	bench_read(&b, text, TARGET_TAILSCALE);
	policy_validate(b.policy, &tailnet, &b.findings);
	assert_int_equal(b.findings.n, 0);
	bench_end(&b);
}

#define FOREIGN                                                                          \
	" is not associated with this Tailnet and cannot be used in user:*@<domain> "    \
	"expressions"

static void
domains_are_judged_by_a_real_tailnet_alone(void **state)
{
	(void)state;
	assert_domain(SSH("`accept`", "`user:*@example.com`", "`tag:db`"), NULL);
	assert_domain(SSH("`accept`", "`user:*@other.org`", "`tag:db`"),
	              "[ssh] other.org" FOREIGN);
	assert_domain(ACL("`user:*@other.org`", "`*:*`"), "other.org" FOREIGN);
	assert_domain(SSH_FIELDS("`users`: [`localpart:*@sub.example.org`]"), NULL);
	assert_domain(SSH_FIELDS("`users`: [`localpart:*@EXAMPLE.COM`]"),
	              "EXAMPLE.COM" FOREIGN);
	assert_domain(SSH_FIELDS("`users`: [`localpart:*@*`]"), "*" FOREIGN);
}

/* A policy written piece by piece. */
struct script {
	char *text;
	size_t len, cap;
};

static void
script_add(struct script *s, const char *piece)
{
	size_t len = strlen(piece);

	if (s->cap - s->len <= len) {
		s->cap = 2 * s->cap + len + 1;
		s->text = realloc(s->text, s->cap);
		assert_non_null(s->text);
	}
	memcpy(s->text + s->len, piece, len + 1);
	s->len += len;
}

static void
script_add_number(struct script *s, const char *before, unsigned n, const char *after)
{
	char digits[16];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	script_add(s, before);
	script_add(s, digits + i);
	script_add(s, after);
}

/* Each of many names is undefined, and near to none or to many: guessing must
 * not cost their product. */
static void
guessing_among_many_names_ends(void **state)
{
	struct script s = { 0 };
	struct bench b;
	unsigned n = 20000;

	(void)state;
	script_add(&s, "{`tagOwners`: {");
	for (unsigned i = 0; i < n; i++)
		script_add_number(&s, "`tag:abcdefghijklmnopqrstuvwxyz-", i, "`: [],");
	script_add(&s, "}, `grants`: [{`ip`: [`*`], `src`: [");
	for (unsigned i = 0; i < n; i++)
		script_add_number(&s, "`tag:zyxwvutsrqponmlkjihgfedcba-", i, "`,");
	script_add(&s, "]}]}");
	bench_judge(&b, s.text);
	assert_int_equal(b.findings.n_errors, n);
	bench_end(&b);
	free(s.text);
}

/* A name is repeated with each of its mistakes: what is said of it stays near
 * the size of the policy, the first time apart. */
static void
long_names_are_not_repeated_at_length(void **state)
{
	struct script s = { 0 };
	struct bench b;
	size_t said = 0;

	(void)state;
	script_add(&s, "{`groups`: {`group:");
	for (size_t i = 0; i < 10000; i++)
		script_add(&s, "0123456789");
	script_add(&s, "`: [");
	for (size_t i = 0; i < 1000; i++)
		script_add(&s, "`group:x`,");
	script_add(&s, "]}}");
	bench_judge(&b, s.text);
	assert_int_equal(b.findings.n, 1000);
	for (size_t i = 0; i < b.findings.n; i++) {
		const struct finding *f = b.findings.at[i];
		said += strlen(f->said) + (f->coordinator ? strlen(f->coordinator) : 0);
	}
	assert_non_null(b.findings.at[0]->coordinator);
	assert_true(strlen(b.findings.at[0]->coordinator) > 100000);
	assert_true(said < 3000000);
	bench_end(&b);
	free(s.text);
}

/* As deep as the parser reads, where a value passes through and where not. */
static void
nesting_is_walked_without_recursion(void **state)
{
	static const char *const starts[] = {
		"{`grants`: [{`app`: {`example.com/x`: [",
		"{`acls`: [",
		"{`groups`: ",
		"{`derpMap`: {`Regions`: ",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(starts); i++) {
		struct script s = { 0 };
		struct bench b;
		script_add(&s, starts[i]);
		for (size_t k = 0; k < 9900; k++)
			script_add(&s, k % 2 ? "{`a`: " : "[");
		bench_judge(&b, s.text);
		assert_true(b.findings.n_errors > 0);
		bench_end(&b);
		free(s.text);
	}
}

/* A chain of ipsets as long as the file, closed to a ring. */
static void
a_long_ring_of_ipsets_is_told_once(void **state)
{
	struct script s = { 0 };
	struct bench b;
	unsigned n = 50000;

	(void)state;
	script_add(&s, "{`ipsets`: {");
	for (unsigned i = 0; i < n; i++) {
		script_add_number(&s, "`ipset:", i, "`: [");
		script_add_number(&s, "`ipset:", (i + 1) % n, "`],");
	}
	script_add(&s, "}}");
	bench_judge(&b, s.text);
	assert_int_equal(b.findings.n_errors, 1);
	assert_ptr_equal(b.findings.at[0]->check, &CHECK_INVALID_IPSET);
	bench_end(&b);
	free(s.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_refusal_is_told_once_at_its_place_and_in_both_words),
		cmocka_unit_test(what_the_coordinator_takes_is_not_refused),
		cmocka_unit_test(one_mistake_is_told_once),
		cmocka_unit_test(all_mistakes_are_told_in_the_coordinators_order),
		cmocka_unit_test(the_first_offending_destination_of_a_grant_wins),
		cmocka_unit_test(a_second_place_is_noted),
		cmocka_unit_test(an_assertion_is_told_from_where_it_goes_wrong),
		cmocka_unit_test(domains_are_judged_by_a_real_tailnet_alone),
		cmocka_unit_test(guessing_among_many_names_ends),
		cmocka_unit_test(long_names_are_not_repeated_at_length),
		cmocka_unit_test(nesting_is_walked_without_recursion),
		cmocka_unit_test(a_long_ring_of_ipsets_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
