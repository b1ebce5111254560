"""Commands that write, run, reach out, read secrets, or hide what they do: none may run unasked.

They are judged in the repository of `kit.shell_ground` with its secrets, by the classes of failure
known from approval layers. Characters that would be invisible here are written as escapes.
"""

from kit.shell_traps import ARITY, FOLLOWED, LAST_WINS, WORDED

CHAINED = r"""
ls; rm README.md
ls && rm -f x
ls || touch x
ls | tee out.txt
ls & rm x
ls |& tee x
cat README.md > copy.md
cat README.md >> copy.md
cat README.md >| copy.md
echo x > src/app.py
echo x >src/app.py
ls 2> errors.txt
ls &> all.txt
ls >& all.txt
ls 1>out
ls 3> out
cat <> README.md
exec 3> out
> README.md
: > README.md
echo hi > /dev/sda
echo x > /dev/null/../../tmp/x
cat README.md > "/dev/null "
cd .. && cat secret
cd /etc && cat passwd
cd / && ls
cd private/up && cat outside.txt
cd ~ && ls
cd && ls
cd - && ls
cd src && cat ../../outside.txt
cd src || cd .. && cat outside.txt
cd .git && cat config
pushd /etc && cat passwd
! rm x
(rm x)
{ rm x; }
if true; then rm x; fi
for f in *; do rm "$f"; done
while true; do rm x; done
case a in a) rm x;; esac
f() { rm x; }; f
function ls { rm x; }; ls
ls () { rm x; }
coproc rm x
time rm x
trap 'rm x' EXIT; ls
"""

EXPANDED = r"""
cat $HOME/.ssh/id_rsa
cat ~/.ssh/id_rsa
cat ~root/.bashrc
echo $(rm x)
echo `rm x`
echo "$(rm x)"
echo "`rm x`"
cat <(rm x)
ls $(echo -la; touch x)
echo ${x:=$(rm x)}
echo ${x@P}
echo $((a[$(rm x)]))
echo $[1+1]
ls $'\x2d\x6c'
cat $'README.md'
echo $"text"
ls {a,b}
find . {-exec,rm} x
echo {1..9}
cat /e{tc,}/passwd
FOO=bar ls
PATH=.:$PATH ls
LD_PRELOAD=./x.so ls
GIT_EXTERNAL_DIFF=./x git diff
PAGER=./x git log
IFS=/ cat x
export PATH=.
declare -x A=1
typeset -i 'a[$(rm x)]=1'
readonly A=1
local a
unset PATH
alias ls='rm x'
enable -f ./x.so ls
hash -p ./evil ls
shopt -s extglob
set -- $(rm x)
set -o allexport
let 'a[$(rm x)]=1'
test -v 'a[$(rm x)]'
[ -v 'a[$(rm x)]' ]
[[ -v 'a[$(rm x)]' ]]
[[ 'a[$(rm x)]' -eq 1 ]]
test 'a[$(rm x)]' -eq 1
[ 'x[$(rm y)]' -gt 0 ]
printf -v 'a[$(rm x)]' y
printf '%n' 'a[$(rm x)]'
printf '%5n' x
printf '%(%s)T' -1
read x
read 'a[$(rm x)]'
mapfile -C 'rm x' -c 1
cat <<EOF
cat <<'EOF' > out
echo !(x)
echo ?(a|b)
"""

OPTIONS = r"""
find . -exec rm {} \;
find . -exec rm {} +
find . -execdir sh -c x \;
find . -ok rm {} \;
find . -delete
find . -fprint out
find . -fprintf out %p
find . -fls out
find . -ex\ec rm {} +
find . "-exec" rm {} +
find . '-del'ete
find . -files0-from list
find -L . -name x
find / -name id_rsa
find .. -name x
find -D exec . -name x
sort -o out docs/one.txt
sort -oout docs/one.txt
sort docs/one.txt -o out
sort --output=out docs/one.txt
sort --outp=out docs/one.txt
sort --compress-program=./x docs/one.txt
sort --comp=./x docs/one.txt
sort -T /tmp docs/one.txt
sort --files0-from=list
sort -ro out docs/one.txt
sort -k1 -uo out docs/one.txt
uniq docs/one.txt out
uniq -c docs/one.txt out.txt
tree -o out
tree -R -L 1 -H .
rg --pre ./x a
rg --pre=./x a
rg -nz a
rg --search-zip a
rg --hostname-bin=./x a
fd -x rm
fd . -X rm
fd --exec rm
fd -l x
sort -R --random-source=/etc/passwd docs/one.txt
ps auxe
ps e
grep -rf /etc/passwd src
grep -f /etc/passwd README.md
grep -R a private
grep -r a private
grep -r hush .
grep -rn KEY
grep --rec hush .
file -C -m magic
file -m /tmp/x README.md
file -z README.md
file -f list
diff -l README.md docs/guide.md
diff --paginate README.md docs/guide.md
diff --to-file=/etc/passwd README.md
diff -r private docs
date -s tomorrow
date --set=tomorrow
date 010203042026
date -f list
hostname evil
xxd -r docs/one.txt out
xxd README.md out
xxd -r -p docs/one.txt
base64 -d docs/one.txt out
tail -f README.md
tail --pid=1 README.md
wc --files0-from=list
du --files0-from=list
md5sum -c list
cut -f1 /etc/passwd
split README.md
csplit README.md 1
tee out < README.md
sed -i s/a/b/ README.md
sed -i.bak s/a/b/ README.md
sed --in-place s/a/b/ README.md
sed --in-p s/a/b/ README.md
sed -ni p README.md
sed -n 'w out' README.md
sed -n '1w out' README.md
sed 's/a/b/w out' README.md
sed 's/.*/rm x/e' README.md
sed '1e rm x' README.md
sed 'e' README.md
sed -n '/a/e rm x' README.md
sed 'r /etc/passwd' README.md
sed -f script README.md
sed -n '$!{w out
}' README.md
sed 's/[/]/x/e' README.md
sed -e p -e 'w out' README.md
sed --expression='w out' README.md
sed 'y/a/b/;w out' README.md
awk '{print > "out"}' README.md
awk '{print >> "out"}' README.md
awk '{print | "sh"}' README.md
awk 'BEGIN{system("rm x")}'
awk 'BEGIN{"rm x" | getline}'
awk 'BEGIN{while((getline l < "/etc/passwd")>0) print l}'
awk 'BEGIN{ARGV[1]="/etc/passwd"; ARGC=2} {print}'
awk -f script README.md
awk '{print ENVIRON["HOME"]}' README.md
awk -i inplace '{print}' README.md
awk '@load "filefuncs"; {print}' README.md
awk 1 /etc/passwd
jq -n env
jq -n '$ENV.HOME'
jq -f script docs/data.json
jq --slurpfile a /etc/passwd . docs/data.json
jq --rawfile a /etc/passwd '$a' docs/data.json
jq -L . 'import "x" as x; .' docs/data.json
jq . /etc/passwd
column -t /etc/passwd
"""

GIT = r"""
git diff --output=out
git diff --outpu=out
git log --output=out
git show --output=out HEAD
git diff --ext-diff
git diff --ext-d
git log -p --ext-diff
git log --textconv
git show --textconv HEAD:README.md
git diff --no-index /etc/passwd README.md
git diff /etc/passwd README.md
git diff ../outside.txt README.md
git -c core.pager=./x log
git -c alias.x='!rm x' x
git -c core.fsmonitor=./x status
git -ccore.fsmonitor=./x status
git --config-env=core.pager=X log
git --exec-path=. status
git --exec-path=./bin log
git --git-dir=private/nested/.git status
git --work-tree=/ status
git -C private/nested status
git -C .. status
cd private/nested && git status
git --paginate log
git -p log
git grep -O./x total
git grep --open-files-in-pager=./x total
git grep --open=./x total
git grep -f /etc/passwd
git grep --no-index hush
git grep --untracked hush
git blame --contents /etc/passwd README.md
git cat-file --textconv HEAD:README.md
git cat-file --batch
git log --show-signature
git log --format=%G?
git log --pretty=format:%GS
git for-each-ref --format='%(signature)'
git verify-commit HEAD
git branch new
git branch -D main
git branch -d main
git branch -m new
git branch --edit-description
git branch -u origin/main
git branch -f main HEAD~1
git tag v2
git tag -d v1
git tag -s v2
git tag -v v1
git stash
git stash pop
git stash drop
git stash show -p --output=out
git reflog expire --all
git reflog delete HEAD@{1}
git remote add x y
git remote set-url origin x
git remote show origin
git remote update
git config user.name x
git config --global user.name x
git config --list
git config -l
git config -e
git config --get-regexp .
git worktree add ../x
git worktree prune
git notes add -m x
git add .
git commit -m x
git checkout main
git switch main
git restore README.md
git reset
git merge x
git rebase main
git pull
git fetch
git push
git clone x
git ls-remote
git submodule status
git submodule update
git bisect run ./x
git difftool
git mergetool
git gc
git fsck
git archive HEAD -o out.tar
git bundle create x HEAD
git format-patch HEAD~1
git am x
git apply x
git rm README.md
git mv a b
git clean -n
git update-index --refresh
git hash-object -w README.md
git symbolic-ref HEAD refs/heads/x
git rev-parse --parseopt
git show HEAD:private/.env
git show :private/id_rsa
git log -L 1,2:private/id_rsa
git status --help
git help log
git log --help
git var GIT_EDITOR
git daemon
git shortlog -n --output=x
git log --author --output=x
git diff -- --output=x
git diff --submodule=log
git diff --submodule=diff
git status --ignore-submodules=none
git diff --ignore-submodules=dirty
git grep --recurse-submodules total
git log --remerge-diff
git log -O/etc/passwd
"""

PATHS = r"""
cat private/.env
cat private/id_rsa
cat ./private/../private/id_rsa
cat private/plain.txt
cat private/out.txt
cat private/up/outside.txt
cat /etc/shadow
cat ../outside.txt
cat src/../../outside.txt
cat .git/config
cat .git/../private/.env
head -1 private/id_rsa
base64 private/id_rsa
od -c private/.env
cat private/*
cat private/i*
cat private/id_rs?
cat private/id_rs[a]
cat pri*/id_rsa
cat */id_rsa
cat /*/passwd
cat ../*.txt
cat private/.*
cat < private/id_rsa
wc -l < /etc/passwd
diff private/id_rsa README.md
grep . private/id_rsa
grep -h . private/*
sed -n p private/id_rsa
awk '{print}' private/id_rsa
sort private/.env
jq -R . private/.env
stat /etc/passwd
ls /
ls ..
ls /home
ls ~
du -sh /
test -f /etc/shadow
find private/up/ -name x
cat "private/id""_rsa"
cat 'private/.env'
cat private/\.env
cat PRIVATE/../private/ID_RSA private/id_rsa
file /etc/passwd
tree /etc
cat /proc/self/environ
cat /proc/1/environ
strings /proc/self/environ
cat ''
sort *
file *
sed p *
uniq *
diff *
"""

PROGRAMS = r"""
./ls
bin/cat README.md
/tmp/ls
/usr/local/bin/ls
../ls
"ls"
'l's
\ls
l\s
env
env ls
env -S 'rm x'
sudo ls
doas ls
su -c ls
xargs ls
ls | xargs rm
ls | xargs cat
find . -name '*.py' | xargs rm
nohup ls
setsid ls
stdbuf -o0 ls
timeout 5 rm x
timeout --foreground 5 rm x
timeout 5 sh -c ls
timeout 5 cd src
nice rm x
nice -n 5 sh
time -o out ls
command rm x
builtin cd /
exec ls
exec rm x
eval ls
eval 'rm x'
source x
. ./x
bash -c ls
sh -c 'rm x'
bash x
sh
python x.py
python -c 'print(1)'
python3 -m pip list
python3 -m http.server
python3 -Ic 1
node -e 1
node x.js
perl -e 1
ruby -e 1
php -r 1
make
make test
make -n
npm test
npm run build
npm install
npm ls --prefix /
npx x
yarn --version
pnpm --version
pip install x
pip list --outdated
pip freeze
pip show -c /x y
cargo build
cargo test
cargo metadata
go test
pytest
pytest --version
tox --version
curl http://localhost
curl -V http://localhost
wget x
ssh x
nc x 1
scp a b
rsync a b
dig x
ping x
docker ps
kubectl get pods
less README.md
more README.md
man ls
vi README.md
vim -c '!rm x'
tar xf x.tar
tar --to-command=./x -xf x
tar -cf out.tar .
zip out.zip README.md
gzip README.md
cp a b
mv a b
ln -s a b
rm x
rmdir x
mkdir x
touch x
chmod +x x
chown x y
truncate -s0 x
dd if=a of=b
tee x
kill 1
kill -9 -1
crontab -r
history -c
ulimit -n 1
umask 0
sleep 100000
yes
watch ls
strace ls
script out
parallel rm ::: x
busybox rm x
sqlite3 x 'select 1'
psql -c 'select 1'
openssl enc -in private/id_rsa
gpg -d x
ed README.md
ex README.md
install a b
patch -p1
unknown-program
printenv
set
type -a 'x[$(rm y)]'
which ../x
ldd ./x
cat --help README.md x > y
[ x
if
then ls
[[ a == b ]]
((1))
"""

HIDDEN = [
    "ls\rrm x", "ls\r\nrm x", "ls\x00rm x", "ls \x1b[2K rm x", "ls\x08\x08rm x", "ls\x7f",
    "ls \u202e x", "ls \u200b x", "ls\u00a0-la", "ls\u3000-la", "ls\u2028rm x", "ls\x0brm x",
    "ls\x0crm x", "l\u0455", "cat \u0441art\u200d", "ls \uff0d\uff4c", "ls \uff1b rm x",
    "cat \u2215etc\u2215passwd", "ls \u2010la", "ls \u037e rm", "ls \ufeff", "\ufeffls",
    "cat s\u0433c/app.py", "ls \U000e0001", "echo '\x1b]52;c;eA==\x07'", "ls # \u202e",
    "ls #\rrm x", "ls '\n' \x85 rm", "ls -\u0430", "git \u0455tatus", "cat \u2018README.md\u2019",
    "echo " + "x" * 5000, "ls; " * 40 + "ls", "ls '", 'ls "', "ls |", "ls &&", "&& ls", "| ls",
    "ls ;; ls", "ls (", "ls )", "ls <", "ls >", "ls \\", "ls '\\'' rm", 'ls "a" "b', "$", "\\", "",
    " ", "\n", "#", "cat <<EOF\nrm x\nEOF\n", "cat <<-'E'\nx\nE\nrm x", "l\\\ns",
    "ca\\\nt README.md", "echo 'a\n'; rm x", "ls #'\nrm x #'", "ls \\\n; rm x", "ls\n\nrm x",
    "ls\t;\trm\tx", "echo a#b; rm x", "echo \\# ; rm x", "ls -\\-help > x",
]  # fmt: skip


def hostile() -> list[str]:
    """Every command, in order."""
    texts: tuple[str, ...] = (CHAINED, EXPANDED, OPTIONS, GIT, PATHS, PROGRAMS)
    texts += (ARITY, LAST_WINS, FOLLOWED, WORDED)
    return [*(line for text in texts for line in text.split("\n") if line.strip()), *HIDDEN]
