"""A small project, and an issue whose change breaks a test that its agent is told of and mends."""

from collections.abc import Mapping

from bot.demo.agent import fix

NAME = "tally"
LABEL = "agent:fix"
BROKEN = "zero adds nothing"
"""The test that the change of the issue breaks."""

TITLE = "08 is no number"

CONFIG = """\
version: 1
validations:
  unit: {run: "sh ./test.sh", report: results.tap, timeout: 1m}
"""

BUILDS = """\
  image: {run: "buildah bud -t tally .", class: builder, timeout: 2m}
"""
"""More of it, where the host can build images."""

TALLY = """\
#!/bin/sh
# Prints the sum of the numbers that it is given.
total=0
for number in "$@"; do
    total=$((total + $number))
done
echo "$total"
"""

TESTS = f"""\
#!/bin/sh
# Tries tally.sh, and tells of it in TAP.
try() {{
    name=$1 wanted=$2
    shift 2
    count=$((count + 1))
    found=$(sh ./tally.sh "$@" 2>&1)
    test "$found" = "$wanted" && echo "ok $count - $name" && return
    echo "not ok $count - $name"
    echo "# found $found where $wanted was wanted"
    failed=1
}}
{{
    try "adds what it is given" 6 1 2 3
    try "adds nothing to nothing" 0
    try "{BROKEN}" 4 0 4
    echo "1..$count"
}} > results.tap
cat results.tap
exit "${{failed:-0}}"
"""

FILES: Mapping[str, str] = {
    "README.md": "# tally\n\nAdds numbers: `sh tally.sh 1 2 3`.\n",
    "tally.sh": TALLY,
    "test.sh": TESTS,
    "Dockerfile": "FROM scratch\nCOPY tally.sh /\n",
    ".gitignore": "results.tap\n",
}

PATCH = """\
--- a/tally.sh
+++ b/tally.sh
@@ -3,5 +3,6 @@
 total=0
 for number in "$@"; do
+    number=${number#0} # a number that begins with 0 is octal to a shell
     total=$((total + $number))
 done
 echo "$total"
"""

MEND = """\
--- a/tally.sh
+++ b/tally.sh
@@ -4,5 +4,5 @@
 for number in "$@"; do
     number=${number#0} # a number that begins with 0 is octal to a shell
-    total=$((total + $number))
+    total=$((total + ${number:-0}))
 done
 echo "$total"
"""

ISSUE = """\
`sh tally.sh 08 1` ends with an error. This should help:

```diff
{patch}```

If `{broken}` fails:

```diff
{mend}```

---

Put the label `{label}` on this issue. The agent makes the change in its sandbox, where it has no \
network and no privilege. It asks for the validation `unit`, which runs elsewhere, is told which \
test fails, mends it and asks again.{builds} Each is named in `.github/greenroom.yml` on the \
default branch. The check run on the pull request says which hold for exactly the tree of its head.
"""

IMAGE = " Then it asks for `image`, which builds an image of the Dockerfile without privilege."


def files(*, builds: bool) -> Mapping[str, str]:
    """Return all files of the repository."""
    config = f"{CONFIG}{BUILDS if builds else ''}"
    return {**FILES, ".github/greenroom.yml": config, ".github/agents/fix.md": fix()}


def body(*, builds: bool) -> str:
    """Return the words of the issue."""
    more = IMAGE if builds else ""
    return ISSUE.format(patch=PATCH, mend=MEND, broken=BROKEN, label=LABEL, builds=more)
