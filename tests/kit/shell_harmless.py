"""Commands that only read, as agents write them: nearly all of them must run unasked.

They are run for real in the repository `kit.shell_ground` makes, so they name its files.
"""

FILES = """
ls
ls -la
ls -la src
ls -1 src tests
ls -lhS src
ls -R src
ls src/*.py
ls -d src/*/
ls --color=never -l docs
cat README.md
cat -n src/app.py
cat src/app.py src/shop/cart.py
cat "docs/a file.md"
cat 'docs/a file.md'
cat docs/a\\ file.md
cat ./src/../README.md
/bin/cat README.md
/usr/bin/head -3 README.md
head README.md
head -n 5 README.md
head -20 src/app.py
head -c 100 README.md
tail -5 README.md
tail -n +3 README.md
tail -n 2 src/app.py docs/guide.md
wc -l src/app.py
wc -l src/*.py src/shop/*.py
wc README.md docs/guide.md
nl -ba src/app.py
stat README.md
stat -c '%s %n' src/app.py
file README.md
file -b --mime-type README.md
du -sh .
du -sh src docs
du -h --max-depth=1 .
df -h .
readlink -f src/app.py
realpath README.md
basename src/app.py .py
dirname src/shop/cart.py
diff src/app.py src/shop/cart.py
diff -u README.md docs/guide.md
diff -ru src docs
diff -q README.md docs/guide.md
cmp README.md docs/guide.md
comm -12 docs/one.txt docs/two.txt
md5sum README.md
sha256sum README.md docs/guide.md
od -c docs/one.txt
hexdump -C docs/one.txt
xxd -l 32 README.md
base64 README.md
tac docs/one.txt
"""

TEXT = """
echo hello
echo "two words" and 'more'
echo "a ; b | c > d"
echo 'it costs $5'
echo "the price is 5$"
echo done; echo again
printf '%s\\n' hello world
printf '%-10s|%5d\\n' name 3
true
false || echo no
pwd
test -f README.md
test -d src && echo folder
[ -f README.md ] && echo there
[ -e missing ] || echo absent
[ ! -d build ] && echo none
[ "a" = "b" ] || echo differs
[ 3 -gt 2 ] && echo more
sort docs/one.txt
sort -u docs/one.txt docs/two.txt
sort -t, -k2,2n docs/table.csv
sort -rn docs/numbers.txt | head -3
uniq -c docs/one.txt
sort docs/one.txt | uniq -c | sort -rn
cut -d, -f1 docs/table.csv
cut -d ',' -f 2 docs/table.csv | sort -u
cut -c1-20 README.md
tr a-z A-Z < docs/one.txt
cat README.md | tr -d '\\r' | wc -c
tr -s ' ' < README.md
paste -sd, docs/one.txt
join docs/one.txt docs/two.txt
fold -w 40 README.md
column -t -s, docs/table.csv
rev docs/one.txt
seq 1 5
seq -s, 3
date
date +%Y-%m-%d
date -u '+%H:%M'
date -d yesterday +%F
id
id -un
whoami
uname -a
uname -sr
nproc
ps aux
hostname
type ls
which python3 git
command -v git
cat README.md > /dev/null
cat missing 2>/dev/null
ls missing 2>&1 | head -1
ls missing &>/dev/null || echo none
grep deck <<< "a deck of cards"
wc -c < README.md
set -e; ls src
set -euo pipefail; cat README.md | head -1
ls src # the sources
timeout 10 ls src
nice -n 5 wc -l README.md
time ls src
"""

SEARCH = """
grep -n def src/app.py
grep -rn "def " src
grep -rn --include='*.py' "import" .
grep -rn --include=*.py import src
grep -ril todo docs
grep -c a README.md docs/guide.md
grep -E '^(import|from) ' src/app.py
grep -E "class|def .*:$" src/app.py
grep -v '^#' README.md | wc -l
grep -A 3 -B1 def src/app.py
grep -C2 total src/shop/cart.py
grep -q def src/app.py && echo found
grep -oP '\\w+\\(' src/app.py | sort | uniq -c
grep -e one -e two docs/one.txt
grep -- -x README.md
grep -5 total src/shop/cart.py
egrep 'one|two' docs/one.txt
fgrep 'a.b' README.md
grep -n TODO src/*.py docs/*.md
grep -w cart -r src | cut -d: -f1 | sort -u
find . -name '*.py'
find . -type f -name "*.md" -not -path './.git/*'
find src -type f | wc -l
find . -maxdepth 2 -type d
find . -name '*.py' -o -name '*.md'
find . \\( -name '*.py' -or -name '*.txt' \\) -print
find . -path ./.git -prune -o -type f -print
find src docs -newer README.md
find . -size +1k -mtime -30
find . -type f -printf '%s %p\\n' | sort -rn | head -5
find . -type f ! -name '*.py' 2>/dev/null
find . -name '*.py' -print0
find . -iname 'read*' -ls
find . -empty
"""

SCRIPTS = """
sed -n '1,5p' README.md
sed -n 3p src/app.py
sed -n '$p' README.md
sed -n '/def/p' src/app.py
sed -n '/class/,/def/p' src/app.py
sed -n -e 1p -e 3p README.md
sed -n '1,3p;5p' README.md
sed 's/a/b/' docs/one.txt
sed -E 's/[0-9]+/N/g' docs/table.csv
sed 's|/usr|/opt|g' README.md
sed '1d' docs/table.csv | head -2
sed 10q README.md
sed '/^$/d' README.md
awk '{print $1}' docs/one.txt
awk -F, '{print $2}' docs/table.csv
awk -F ',' 'NR==2 {print $1, $3}' docs/table.csv
awk '{s+=$1} END {print s}' docs/numbers.txt
awk 'NR>=2 && NR<=4' README.md
awk '/def/ {print FILENAME, FNR}' src/app.py
jq . docs/data.json
jq -r '.items[].name' docs/data.json
jq '.items | length' docs/data.json
cat docs/data.json | jq '.name'
"""

GIT = """
git status
git status --short
git status -sb
git status --ignore-submodules
git status --porcelain=v1
git log
git log --oneline -10
git log -5 --stat
git log --oneline --graph --all
git log -p -1
git log --format='%h %an %s' -3
git log --since='2 weeks ago' --author=Ada
git log -n 3 -- src/app.py
git log -S total --oneline
git log -L 1,3:src/app.py
git log main..HEAD --oneline
git diff
git diff --stat
git diff --cached
git diff --name-only HEAD~1
git diff HEAD~1 HEAD -- src
git diff HEAD~1..HEAD
git diff -U5 HEAD^ src/app.py
git show
git show HEAD
git show --stat HEAD~1
git show HEAD:README.md
git show HEAD:src/app.py | head -5
git blame src/app.py
git blame -L 1,3 src/app.py
git branch
git branch -a
git branch -vv
git branch --show-current
git branch --list 'm*'
git branch --contains HEAD
git tag
git tag -l 'v*'
git remote
git remote -v
git rev-parse HEAD
git rev-parse --abbrev-ref HEAD
git rev-parse --show-toplevel
git rev-parse --short HEAD
git ls-files
git ls-files src
git ls-files --others --exclude-standard
git ls-tree -r HEAD --name-only
git cat-file -p HEAD
git cat-file -t HEAD
git describe --always
git describe --tags
git merge-base main HEAD
git shortlog -sn HEAD
git stash list
git reflog
git reflog -3
git grep -n total
git grep -n total -- src
git rev-list --count HEAD
git for-each-ref --format='%(refname:short)' refs/heads
git show-ref
git worktree list
git config --get user.name
git config user.email
git count-objects -vH
git check-ignore -v build
git --no-pager log -3
git --no-pager diff --stat HEAD~1
git --version
"""

PACKED = """
tar -tf docs/all.tar.gz
tar -tzf docs/all.tar.gz | head -5
tar tzvf docs/all.tar.gz
tar --list --file=docs/all.tar.gz
unzip -l docs/all.zip
unzip -p docs/all.zip app.py | head -3
unzip -Z1 docs/all.zip
zipinfo docs/all.zip
zcat docs/log.gz | grep ERROR
gzip -dc docs/log.gz | tail -1
gunzip -c docs/log.gz
gzip -l docs/log.gz
gzip -t docs/log.gz && echo whole
zgrep -n ERROR docs/log.gz
"""

NEWER = """
bat -p README.md
bat --style=plain --paging=never -r 1:20 src/app.py
batcat -pp README.md
eza -la --git-ignore
eza --tree --level=2
yq '.name' docs/data.yaml
yq -r .name docs/data.yaml
rg --help | head -5
"""

SETTINGS = """
LC_ALL=C sort docs/one.txt
LANG=en_US.UTF-8 ls
TZ=UTC date
TZ=Europe/Berlin LC_ALL=C date
NO_COLOR=1 grep def src/app.py
COLUMNS=200 ls src | head
GIT_PAGER=cat git log -1
PAGER=cat git diff | head -20
[[ -f README.md ]] && echo there
[[ ! -d build ]] || ls build
git -C src log --oneline -2
git -C . status --short
git -c color.ui=never log -1
git -c core.quotepath=off --no-pager diff --stat
git diff --no-index docs/one.txt docs/two.txt
git remote show -n
git config --get remote.origin.url
git check-attr -a README.md
git var GIT_AUTHOR_IDENT
sed -n '1,5{p}' README.md
sed -n '/class/{p;q}' src/app.py
sed '/a/,/b/{/b/!d;s/b/c/}' docs/one.txt
awk 'NR > 1' docs/table.csv
awk -F, 'NR>1 {print $2}' docs/table.csv
awk 'length > 20' README.md
awk -F, 'NR > 1 && $2 > 5 {s += $2} END {print s}' docs/table.csv
awk '{ if ($1 > 5) print $1 }' docs/numbers.txt
awk '/def/ && NR > 3 {print NR": "$0}' src/app.py
realpath --relative-to=. src/app.py
shuf -n 1 docs/one.txt
sleep 0
printenv PATH
python3 --help | head -3
git diff @~1 --stat
git cat-file -p HEAD^{tree}
git annotate src/app.py | head -3
git rev-parse --git-path hooks
git hash-object README.md
git show-branch
git diff HEAD~1 -- . ':(exclude)docs'
git config --show-origin --get user.name
git --exec-path
git log --format=%H | git cat-file --batch-check
sed 'y/abc/xyz/' docs/one.txt
awk '{a[NR]=$0} END {for (i=NR; i>0; i--) print a[i]}' docs/one.txt
jq '.env' docs/data.json
printf -- '---\\n'
test -t 1 || echo no terminal
whereis git
shasum -a 256 README.md
iconv -f utf-8 -t latin1 docs/one.txt
rg --type-add 'web:*.{ts,tsx}' -t web export
umask && ulimit -n
perl -v | head -2
make -v | head -1
openssl version
grep -Rn total src
find -L src -name '*.py'
rg -L total src
npm run
npm pkg get scripts
"""

COURSES = """
cd src && ls
cd src && grep -n def app.py
cd src/shop && cat cart.py && cat ../../README.md
cd docs; ls
ls src && cat README.md && git status
cat src/app.py | grep def | wc -l
ls -la; git status --short; git log --oneline -3
find . -name '*.py' | sort | head -20
git diff --name-only HEAD~1 | sort
git log --oneline | head -5
git ls-files | grep py | wc -l
cat docs/table.csv | cut -d, -f1 | sort | uniq -c | sort -rn | head
python3 --version
python3 -V && git --version
node --version
npm -v
make --version | head -1
bash --version | head -1
pip --version
pip list
"""


def harmless() -> list[str]:
    """Every command, in order."""
    texts = (FILES, TEXT, SEARCH, SCRIPTS, GIT, PACKED, NEWER, SETTINGS, COURSES)
    single = [line for text in texts for line in text.split("\n") if line.strip()]
    several = ["ls src\ncat README.md", "git status \\\n  --short", "\n\nls\n", "ls &&\n  pwd"]
    several += ['echo "a\\"; rm x; "', "echo 'a'\\''; rm x '", "echo rm -rf /", "ls \\\n -l src"]
    return single + several
