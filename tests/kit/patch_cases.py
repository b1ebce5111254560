"""Patches a model may send, hostile, broken and good, for one small tree."""

import os
from pathlib import Path

APP = "import os\n\n\ndef greet(name):\n    return 'Hi ' + name\n\n\ndef bye():\n    return 'Bye'\n"
HEX = "deadbeef"
HUNK = "@@ -4,2 +4,2 @@\n def greet(name):\n-    return 'Hi ' + name\n+    return f'Hi {name}'\n"


def grow(top: Path) -> None:
    """The small tree every case is for, and what lies outside of it beside the folder."""
    outside = top.parent
    files = {
        "app.py": APP, "docs/a.md": "# Title\n\ntext\n", "Case.txt": "x\n", "twice.txt": "a\n" * 4,
        ".git/config": "[core]\n", "tabs.mk": "all:\n\techo – done\n", "linked.txt": "shared\n",
    }  # fmt: skip
    for name, text in files.items():
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_text(text)
    (top / "crlf.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    (top / "open.txt").write_bytes(b"one\ntwo")
    (top / "bin").write_bytes(b"\0\1\2")
    (top / "latin.txt").write_bytes("café\nthé\n".encode("latin-1"))
    (top / "script.sh").write_text("#!/bin/sh\necho a\n")
    (top / "script.sh").chmod(0o755)
    (outside / "outside.txt").write_text("outside\n")
    (top / "link.txt").symlink_to("app.py")
    (top / "dangling").symlink_to("nowhere")
    (top / "out").symlink_to(outside)
    os.link(top / "linked.txt", outside / "other-name.txt")
    (top / "mixed.txt").write_bytes(b"a\r\nb\nc\r\nd\n")
    (top / "marked.txt").write_bytes("\ufeffone\ntwo\n".encode())
    (top / "wide.txt").write_bytes("one\r\ntwö\r\n".encode("utf-16"))
    (top / "stray.txt").write_bytes("äöü\n".encode() + b"\xff\nend\n")


def envelope(*sections: str) -> str:
    return "\n".join(["*** Begin Patch", *sections, "*** End Patch"])


def add(path: str, line: str = "x") -> str:
    return envelope(f"*** Add File: {path}", f"+{line}")


def update(path: str, *lines: str) -> str:
    return envelope(f"*** Update File: {path}", *lines)


def delete(path: str) -> str:
    return envelope(f"*** Delete File: {path}")


def move(path: str, to: str) -> str:
    return envelope(f"*** Update File: {path}", f"*** Move to: {to}")


REFUSED = [
    # names that lead out, or into git
    add("/etc/cron.d/x"), add("../x"), add("a/../../x"), add("a/../b"), add("~/.bashrc"), add(""),
    add("."), add("a/"), add("C:\\x"), add("a\\..\\..\\b"), add("a\x07b"), add("a/\x1b[2Jb"),
    add(".git/hooks/pre-commit"), add(".GIT/config"), add(".git"), add("sub/.git/config"),
    add(".g\u200cit/config"), add("\ufeff.git/config"), add(".ｇｉｔ/config"), add("git~1/config"),
    add(".git./config"), add(".git /x"), add(".git::$INDEX_ALLOCATION/config"), add("x" * 300),
    add("a/" * 2500 + "b"), delete(".git/config"), update(".git/config", "-[core]", "+[evil]"),
    move("app.py", "../app.py"), move("app.py", ".git/app.py"), move("app.py", "/tmp/app.py"),
    move("app.py", ".Git/hooks/x"), move("../outside.txt", "in.txt"), delete("../outside.txt"),
    add("\u2024git/config"), add("GIT~1/config"), add(".git\u206a/x"), add("sub/.gIT/hooks/x"),
    add("x/./../../y"), move("docs/a.md", "sub/../../a.md"), add("..\u200b/x/../../y"),
    # links, folders, and other things that are no files
    update("link.txt", "-import os", "+import sys"), delete("link.txt"), add("link.txt"),
    add("dangling"), add("out/x.txt"), update("out/outside.txt", "-outside", "+in"),
    delete("out/outside.txt"), move("app.py", "out/app.py"), move("link.txt", "b.py"),
    add("docs"), delete("docs"), update("docs", "+x"), add("app.py/x"), update("bin", "+x"),
    # names that clash
    add("app.py"), add("case.txt"), add("DOCS/b.md"), move("app.py", "docs/a.md"),
    envelope("*** Add File: new", "+x", "*** Add File: NEW", "+y"),
    envelope("*** Add File: new", "+x", "*** Add File: new/b", "+y"),
    envelope("*** Add File: new", "+x", "*** Add File: new", "+y"),
    envelope("*** Delete File: app.py", "*** Update File: app.py", "+x"),
    envelope("*** Delete File: docs/a.md", "*** Update File: app.py", "*** Move to: docs/a.md"),
    # case, Unicode, and one bad part among good ones
    add("MIXED.TXT"), add("Docs"), move("app.py", "CASE.TXT"), add("cafe\u0301/../../x"),
    add("DOCS"), update("APP.PY", "-import os", "+x"), delete("Case.TXT"),
    envelope("*** Add File: a/x", "+1", "*** Add File: A/X", "+2"),
    envelope("*** Add File: \u00e4", "+1", "*** Add File: a\u0308", "+2"),
    envelope("*** Update File: app.py", "*** Move to: link.txt", "-import os", "+import sys"),
    envelope("*** Update File: app.py", "-import os", "+import sys", "*** Delete File: nope"),
    envelope("*** Add File: one", "+1", "*** Update File: app.py", "-nothing like it", "+x"),
    envelope("*** Add File: out/new/deep.txt", "+x"), move("docs/a.md", "dangling/a.md"),
    # broken
    "", "\n\n", "hello", "*** Begin Patch", "*** Begin Patch\n*** End Patch", "*** End Patch",
    envelope("*** Update File: app.py"), envelope("*** Update File: app.py", "@@"),
    envelope("*** Rename File: app.py"), envelope("app.py", "+x"), add("new") + "\nmore",
    "*** Begin Patch\n*** Update File: app.py\n-import os\n+import sys\n",
    envelope("*** Add File: new", "x"), update("app.py", "import os"), update("nope.py", "+x"),
    delete("nope.py"), update("app.py", "-not there", "+x"), update("app.py", "@@ def nope", "+x"),
    update("app.py", "-def bye():", "+def b():", "@@", "-import os", "+import sys"),
    update("app.py", "*** End of File", "-x"), update("app.py", " import os"), move("app.py", ""),
    update("app.py", "-import os", "+import os"), update("latin.txt", "-thé", "+thé €"),
    update("app.py", "@@ def bye():", "-import os", "+import sys"),
    envelope(*(f"*** Add File: f{n}\n+x" for n in range(201))),
    # broken or hostile unified diffs
    "--- a/app.py\n+++ b/app.py\n", "--- a/app.py\n+++ b/app.py\n@@ nonsense @@\n-import os\n",
    "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-import sys\n+import os\n",
    "--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n+x",
    f"diff --git a/l b/l\nnew file mode 120000\nindex 0..{HEX}\n--- /dev/null\n+++ b/l\n"
    "@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n",
    f"diff --git a/m b/m\nnew file mode 160000\nindex 0..{HEX}\n--- /dev/null\n+++ b/m\n"
    "@@ -0,0 +1 @@\n+Subproject commit 1\n",
    "diff --git a/bin b/bin\nindex 0..1\nGIT binary patch\nliteral 3\nKcmZ\n",
    "diff --git a/bin b/bin\nBinary files a/bin and b/bin differ\n",
    "diff --git a/app.py b/b.py\nsimilarity index 100%\ncopy from app.py\ncopy to b.py\n",
    "diff --git a/app.py b/x\nrename from app.py\nrename to ../x\n",
    "--- a/app.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-import os\n",
    # links by way of the patch itself
    "diff --git a/app.py b/app.py\nold mode 100644\nnew mode 120000\n",
    "diff --git a/link.txt b/link.txt\ndeleted file mode 120000\n--- a/link.txt\n+++ /dev/null\n"
    "@@ -1 +0,0 @@\n-app.py\n\\ No newline at end of file\n",
    "diff --git a/link.txt b/link.txt\nindex 1..2 120000\n--- a/link.txt\n+++ b/link.txt\n"
    "@@ -1 +1 @@\n-app.py\n\\ No newline at end of file\n+/etc/passwd\n",
    f"diff --git a/way b/way\nnew file mode 120000\nindex 0..{HEX}\n--- /dev/null\n+++ b/way\n"
    "@@ -0,0 +1 @@\n+..\n\\ No newline at end of file\n"
    "--- /dev/null\n+++ b/way/x\n@@ -0,0 +1 @@\n+x\n",
    "diff --git a/link.txt b/app2.py\nrename from link.txt\nrename to app2.py\n",
    '--- /dev/null\n+++ "b/..\\057x"\n@@ -0,0 +1 @@\n+x\n',
    "--- /dev/null\n+++ /etc/passwd\n@@ -0,0 +1 @@\n+x\n",
    "--- ../outside.txt\n+++ ../outside.txt\n@@ -1 +1 @@\n-outside\n+in\n",
    '--- /dev/null\n+++ "b/\\056git/x"\n@@ -0,0 +1 @@\n+x\n',
    '--- /dev/null\n+++ "b/a\\000b"\n@@ -0,0 +1 @@\n+x\n',
    # names of devices, names that look like others, quotes without an end
    add("NUL"), add("docs/con"), add("C:/x"), move("app.py", "docs/LPT1"), add("a\u202eb"),
    add("a\u200bb"), '--- /dev/null\n+++ "b/abc\n@@ -0,0 +1 @@\n+x\n',
    # modes no file of a patch has
    *(
        f"diff --git a/n b/n\nnew file mode {mode}\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n"
        for mode in ("040000", "104755", "000000", "102644")
    ),
    "diff --git a/app.py b/app.py\nold mode 100644\nnew mode 104755\n",
    f"diff --git a/app.py b/app.py\nindex 1..2 120000\n--- a/app.py\n+++ b/app.py\n{HUNK}",
    # two names that don't agree, a removal that shows no lines, numbers without an end
    "diff --git a/app.py b/z\nrename from bin\nrename to y\n",
    "diff --git a/app.py b/z\nrename from app.py\n",
    f"diff --git a/app.py b/z\nrename from app.py\nrename to z\n--- a/bin\n+++ b/z\n{HUNK}",
    f"--- a/app.py\n+++ b/docs/a.md\n{HUNK}",
    "diff --git a/app.py b/app.py\ndeleted file mode 100644\nindex 1..0\n",
    f"--- a/app.py\n+++ b/app.py\n{HUNK.replace('-4', '-' + '9' * 5000)}",
    update("app.py", HUNK.replace("-4", "-" + "9" * 5000).strip()),
]  # fmt: skip

CHANGED = APP.replace("'Hi ' + name", "f'Hi {name}'")
LINES = ("@@ def greet(name):", "-    return 'Hi ' + name", "+    return f'Hi {name}'")
GOOD: list[tuple[str, dict[str, bytes | None]]] = [
    (add("new.txt"), {"new.txt": b"x\n"}),
    (add("deep/er/new.txt", "ä"), {"deep/er/new.txt": "ä\n".encode()}),
    (envelope("*** Add File: empty"), {"empty": b""}),
    (envelope("*** Add File: gap", "+a", "", "+b", ""), {"gap": b"a\n\nb\n"}),
    (delete("docs/a.md"), {"docs/a.md": None}),
    (delete("bin"), {"bin": None}),
    (update("app.py", *LINES), {"app.py": CHANGED.encode()}),
    (f"\n{update('app.py', *LINES)}\n\n", {"app.py": CHANGED.encode()}),
    (update("app.py", *LINES).replace("\n", "\r\n"), {"app.py": CHANGED.encode()}),
    (f"```diff\n{update('app.py', *LINES)}\n```", {"app.py": CHANGED.encode()}),
    (f"<<'EOF'\n{update('app.py', *LINES)}\nEOF\n", {"app.py": CHANGED.encode()}),
    (f"apply_patch <<PATCH\n{update('app.py', *LINES)}\nPATCH", {"app.py": CHANGED.encode()}),
    (update("./app.py", " def greet(name):", *LINES[1:]), {"app.py": CHANGED.encode()}),
    (update("app.py", LINES[0], " def greet(name):", *LINES[1:]), {"app.py": CHANGED.encode()}),
    (update("app.py", "@@ def greet", *LINES[1:]), {"app.py": CHANGED.encode()}),
    (update("app.py", *LINES, "", ""), {"app.py": CHANGED.encode()}),
    (update("app.py", HUNK.strip()), {"app.py": CHANGED.encode()}),
    (f"--- a/app.py\n+++ b/app.py\n{HUNK}", {"app.py": CHANGED.encode()}),
    (f"--- app.py\t2024-01-01\n+++ app.py\t2024-01-02\n{HUNK}", {"app.py": CHANGED.encode()}),
    (
        f"--- a/app.py\n+++ b/app.py\n{HUNK.replace('-4,2 +4,2', '-9,7 +9,9')}",
        {"app.py": CHANGED.encode()},
    ),
    (
        f"From 1\nSubject: x\n---\n\ndiff --git a/app.py b/app.py\nindex 1..2 100644\n"
        f"--- a/app.py\n+++ b/app.py\n{HUNK}-- \n2.39.5\n",
        {"app.py": CHANGED.encode()},
    ),
    (update("app.py", "+# end"), {"app.py": f"{APP}# end\n".encode()}),
    (
        update("app.py", " import os", "+import sys"),
        {"app.py": APP.replace("os\n", "os\nimport sys\n", 1).encode()},
    ),
    (update("app.py", "@@ import os", "+# end"), {"app.py": f"{APP}# end\n".encode()}),
    (
        update("app.py", "@@", "+# end", "@@", "-import os", "+import sys", "@@", "+# more"),
        {"app.py": f"{APP.replace('os', 'sys', 1)}# end\n# more\n".encode()},
    ),
    (update("twice.txt", " a", "-a", "+b", "*** End of File"), {"twice.txt": b"a\na\na\nb\n"}),
    (update("twice.txt", "@@ a", "@@ a", "-a", "+b"), {"twice.txt": b"a\na\nb\na\n"}),
    (update("crlf.txt", "-two", "+2", "+2b"), {"crlf.txt": b"one\r\n2\r\n2b\r\nthree\r\n"}),
    (update("open.txt", "-one", "+1"), {"open.txt": b"1\ntwo"}),
    (update("open.txt", " two", "+three"), {"open.txt": b"one\ntwo\nthree"}),
    (update("latin.txt", "-thé", "+crème"), {"latin.txt": "café\ncrème\n".encode("latin-1")}),
    (update("tabs.mk", "-    echo - done", "+\techo"), {"tabs.mk": b"all:\n\techo\n"}),
    (update("linked.txt", "-shared", "+mine"), {"linked.txt": b"mine\n"}),
    (move("bin", "data/bin"), {"bin": None, "data/bin": b"\0\1\2"}),
    (
        envelope("*** Update File: app.py", "*** Move to: lib/app.py", *LINES),
        {"app.py": None, "lib/app.py": CHANGED.encode()},
    ),
    (
        envelope("*** Delete File: docs/a.md", "*** Add File: docs/a.md", "+new"),
        {"docs/a.md": b"new\n"},
    ),
    (
        envelope("*** Add File: n", "+a", "*** Update File: n", "-a", "+b", "*** Delete File: bin"),
        {"n": b"b\n", "bin": None},
    ),
    ("diff --git a/app.py b/x.py\nrename from app.py\nrename to x.py\n", {
        "app.py": None, "x.py": APP.encode(),
    }),
    ("--- a/open.txt\n+++ b/open.txt\n@@ -2 +2 @@\n-two\n\\ No newline at end of file\n+two\n", {
        "open.txt": b"one\ntwo\n",
    }),
    ("--- docs/a.md\n+++ docs/a.md\n@@ -3 +3 @@\n-text\n+text\n\\ No newline at end of file\n", {
        "docs/a.md": b"# Title\n\ntext",
    }),
    ('--- /dev/null\n+++ "b/\\303\\244.txt"\n@@ -0,0 +1 @@\n+x\n', {"ä.txt": b"x\n"}),
    ("--- a/docs/a.md\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-# Title\n-\n-text\n", {"docs/a.md": None}),
    (update("mixed.txt", "-b", "+B", "@@", " c", "+c2"), {
        "mixed.txt": b"a\r\nB\nc\r\nc2\nd\n",
    }),
    (update("mixed.txt", "-a", "+A", "+A2"), {"mixed.txt": b"A\r\nA2\r\nb\nc\r\nd\n"}),
    (update("marked.txt", "-one", "+1"), {"marked.txt": "\ufeff1\ntwo\n".encode()}),
    (update("wide.txt", "-two", "+zwei").replace("two", "twö"), {
        "wide.txt": "one\r\nzwei\r\n".encode("utf-16"),
    }),
    (update("stray.txt", "-end", "+END"), {"stray.txt": "äöü\n".encode() + b"\xff\nEND\n"}),
    (update("open.txt", "-two", "+2", "*** End of File"), {"open.txt": b"one\n2"}),
    (update("open.txt", "@@", "+three"), {"open.txt": b"one\ntwo\nthree"}),
    ("diff --git a/docs/a.md b/app.py\nrename from docs/a.md\nrename to app.py\n"
     "diff --git a/app.py b/z.py\nrename from app.py\nrename to z.py\n", {
        "app.py": b"# Title\n\ntext\n", "docs/a.md": None, "z.py": APP.encode(),
    }),
    (f"diff --git i/app.py w/app.py\nindex 1..2 100644\n--- i/app.py\n+++ w/app.py\n{HUNK}", {
        "app.py": CHANGED.encode(),
    }),
    (f"--- app.py.orig\n+++ app.py\n{HUNK}", {"app.py": CHANGED.encode()}),
    ("diff --git a/e b/e\nnew file mode 100644\nindex 0..1\n", {"e": b""}),
    (add("aux.c"), {"aux.c": b"x\n"}),
    (envelope("*** Update File: script.sh", "*** Move to: tools/run.sh", "-echo a", "+echo b"), {
        "script.sh": None, "tools/run.sh": b"#!/bin/sh\necho b\n",
    }),
]  # fmt: skip
