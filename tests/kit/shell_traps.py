"""Hostile commands whose options read as harmless: a second file is written, a value is a file.

Each stands for a way programs differ: letters that take no value, values that are the next word,
options that end at the first file, values that may be shortened, the last of several tasks, links
that are followed, patterns the program expands by itself. Part of the corpus in `shell_hostile`.
"""

ARITY = r"""
od -w private/.env
od -c -w private/id_rsa
od -w /etc/passwd
xxd -ps private/id_rsa
xxd -ps README.md out
xxd README.md -p
xxd -p README.md -u
xxd README.md -v
xxd -c 8 README.md -
xxd -n name README.md
xxd -r README.md
uniq README.md -c
uniq -c README.md -d
awk '{print}' -F /etc/passwd
awk '{print}' -F private/.env
awk '{print}' -v private/id_rsa
awk -F: '{print}' README.md -v private/.env
jq --indent --arg . private/.env 2 .
jq -R --indent --arg . private/id_rsa 2 .
jq . --indent --argjson private/.env 1 2
jq --indent 2 --arg . private/.env
tree -Po x out.html
tree -Io x out.html
tree -Il x .
tree -L2o x
tree -IR x -L 1
ls -T /root
ls -I /etc
ls -w private/.env
fmt -p private/.env
head README.md -n private/.env
fold README.md -w private/.env
cut README.md -d private/id_rsa
nl README.md -s private/.env
sort README.md -k private/id_rsa
paste README.md -d private/.env
column -s private/.env -t
stat README.md -c /etc/shadow
strings @private/.env
strings -n @private/.env 8
strings -a @/etc/passwd
grep -d rec KEY .
grep -drec KEY private
grep --directories=recu KEY .
grep -d r KEY private
"""

LAST_WINS = r"""
xz -ld docs/x.xz
xz -td docs/x.xz
bzip2 -td docs/x.bz2
bzip2 -t --decompress docs/x.bz2
zstd -ld docs/x.zst
zstd -t -d docs/x.zst
shuf -r docs/one.txt
shuf -re a b
seq inf
seq 1 inf
seq 1 1e30
seq 1 999999999
seq 0 0.000001 9999
seq nan
printf %999999999d 1
printf %.99999f 1
tail +1f README.md
tail +f README.md
awk 'BEGIN{for(;;)print}'
awk 'BEGIN { while (1) x = x "a" }'
jq -n 'range(infinite)'
jq -n '[repeat(1)]'
file -p README.md
"""

FOLLOWED = r"""
diff -rN private src
diff -r src private
diff private docs
grep -r KEY .git
rg url .git
diff -r .git/info docs
git grep KEY -- '.e*'
git grep KEY -- '*env'
git grep KEY -- ':(glob).e*'
git grep KEY -- ':(top).en?'
git grep KEY '[.]env'
git grep KEY private
git diff HEAD -- '.en?'
git diff HEAD -- private
git show HEAD -- '*.key'
git show HEAD -- 'private/id_*'
git log -p -- '.e*'
git log -p -- private
git log -U3 -- '*.pem'
git log -p --diff-merges=remerge
git show --diff-merges=r
cat .bash_history
cat .psql_history
cat prod.env
cat .config/gh/hosts.yml
cat deploy/client_secret.json
cat infra/prod.tfstate
"""

WORDED = r"""
jq -n '$ ENV'
jq -n '$  ENV | .HOME'
jq -n '[$ ENV[]]'
jq -n '. | env'
jq -n '..env'
yq '$ ENV' docs/data.yaml
shuf -i 1-9999999999999
git log -p -- .ssh
git grep KEY private/
git apply p.patch
git apply --stat --apply p.patch
git apply --check --index p.patch
git cat-file --batch
git hash-object -w README.md
git remote show origin
git -C private/nested log
git -C .git log
git -C private/up log
git -c core.fsmonitor=id status
git -c core.pager=id log
git -c pager.log=id log
git config --global user.name Eve
rg --type-add 'x:*.env' -tx KEY private
tar -tf x:y
tar tf README.md -I id
unzip README.zip
unzip -l a.zip -d out
unzip -p a.zip
bat --paging always README.md
bat cache --build
sleep 9999
LANG=/tmp/x ls
TZ=:/etc/passwd date
PAGER=less git log
GIT_PAGER=id git log
[[ -v a ]]
[[ -f x && -f y ]]
[[ README.md -nt /etc/passwd ]]
"""
