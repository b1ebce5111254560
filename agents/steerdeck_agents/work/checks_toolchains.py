"""Checks that come with a toolchain: cargo, go, ruby, cmake, gradle, maven, mix."""

import re
from collections.abc import Iterator

from steerdeck_agents.work.project_files import Folder, Proposal, table

_RAKE_TEST = re.compile(r"Rake::TestTask|^\s*task\s*\(?\s*(?::test\b|test:|['\"]test['\"])", re.M)
_BUILD_IGNORED = re.compile(r"^/?build(?:\*|s)?/?\s*$", re.M)
_CTEST = re.compile(r"^\s*(?:enable_testing\s*\(|include\s*\(\s*CTest\s*\))", re.M | re.I)
_FRESH_BUILD = "b=$(mktemp -d) && trap 'rm -rf \"$b\"' EXIT && "


def proposals(here: Folder) -> Iterator[Proposal]:
    """What the toolchains of this folder offer."""
    if "Cargo.toml" in here.top:
        yield from _cargo(here)
    if "go.mod" in here.top:
        why = "It is a Go module."
        yield Proposal("go test", "go test ./...", "go.mod", why, "test", 20)
        yield Proposal("go vet", "go vet ./...", "go.mod", why, "lint", 20)
    yield from _ruby(here)
    yield from _cmake(here)
    yield from _jvm(here)
    if "mix.exs" in here.top:
        yield Proposal("mix test", "mix test", "mix.exs", "It is a Mix project.", "test", 20)


def _cargo(here: Folder) -> Iterator[Proposal]:
    manifest = here.toml("Cargo.toml")
    every = " --workspace" if "workspace" in manifest else ""
    why = "It is a Cargo project."
    yield Proposal("cargo test", f"cargo test{every}", "Cargo.toml", why, "test", 20)
    asked = here.first("clippy.toml", ".clippy.toml")
    if asked is None and (
        table(manifest, "lints", "clippy") or table(manifest, "workspace", "lints", "clippy")
    ):
        asked = "Cargo.toml"
    if asked is not None:
        command = f"cargo clippy{every} --all-targets"
        yield Proposal("cargo clippy", command, asked, f"{asked} sets up clippy.", "lint", 20)


def _ruby(here: Folder) -> Iterator[Proposal]:
    bundled = "bundle exec " if "Gemfile" in here.top else ""
    spec = next((path for path in here.files if path.endswith("_spec.rb")), None)
    if ".rspec" in here.top or spec is not None:
        of = here.first(".rspec") or str(spec)
        yield Proposal("rspec", f"{bundled}rspec", of, "The project has specs.", "test", 20)
    rake = here.first("Rakefile", "rakefile")
    if "bin/rails" in here.files and any(path.startswith("test/") for path in here.files):
        why = "It is a Rails application."
        yield Proposal("rails test", "bin/rails test", "bin/rails", why, "test", 20)
    elif rake is not None and _RAKE_TEST.search(here.text(rake)):
        why = f"{rake} has a task `test`."
        yield Proposal("rake test", f"{bundled}rake test", rake, why, "test", 2)


def _cmake(here: Folder) -> Iterator[Proposal]:
    """Built in `build` where git ignores that, else in a folder that is gone afterwards."""
    text = here.text("CMakeLists.txt") if "CMakeLists.txt" in here.top else ""
    if not _CTEST.search(text):
        return
    ignored = _BUILD_IGNORED.search(here.text(".gitignore"))
    folder, before = ("build", "") if ignored else ('"$b"', _FRESH_BUILD)
    command = (
        f"{before}cmake -S . -B {folder} && cmake --build {folder}"
        f" && ctest --test-dir {folder} --output-on-failure"
    )
    why = "CMakeLists.txt turns testing on."
    yield Proposal("ctest", command, "CMakeLists.txt", why, "test", 20)


def _jvm(here: Folder) -> Iterator[Proposal]:
    """The project's wrapper where it has one."""
    gradle = here.first("gradlew", "build.gradle", "build.gradle.kts")
    if gradle is not None:
        program = "./gradlew" if gradle == "gradlew" else "gradle"
        why = "It is a Gradle project."
        yield Proposal("gradle test", f"{program} test --console=plain", gradle, why, "test", 20)
    if "pom.xml" in here.top:
        program, of = ("./mvnw", "mvnw") if "mvnw" in here.top else ("mvn", "pom.xml")
        why = "It is a Maven project."
        yield Proposal("maven test", f"{program} -B test", of, why, "test", 21)
