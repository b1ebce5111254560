"""Where everything lives, and that nobody else can get in."""

import os
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.paths import make_socket_folder, paths, private_folder


def test_one_variable_moves_everything(tmp_path: Path):
    where = paths({"STEERDECK_HOME": str(tmp_path), "XDG_DATA_HOME": "/elsewhere", "HOME": "/h"})
    everything = [
        where.journal,
        where.workspaces,
        where.bin,
        where.spool,
        where.log,
        where.config_file,
        where.keys_file,
        where.deck_cache,
    ]
    assert all(path.is_relative_to(tmp_path.resolve()) for path in everything)
    assert len({*everything}) == len(everything)


def test_without_it_xdg_is_followed_and_relative_folders_are_ignored():
    where = paths({"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "not/absolute"})
    assert where.config_file == Path("/c/steerdeck/config.toml")
    assert where.journal == Path("/h/.local/share/steerdeck/journal.db")
    assert where.deck_cache == Path("/h/.cache/steerdeck/deck.json")
    assert where.log == Path("/h/.local/state/steerdeck/runtime.log")


def test_a_tilde_is_the_home_folder():
    assert paths({"HOME": "/h", "STEERDECK_HOME": "~/deck"}).data == Path("/h/deck/data")


def test_one_home_has_one_short_socket_however_it_is_spelled(tmp_path: Path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    (tmp_path / "link").symlink_to(deep)
    straight = paths({"STEERDECK_HOME": str(deep)})
    assert paths({"STEERDECK_HOME": f"{tmp_path}/link/"}).socket == straight.socket
    assert paths({"STEERDECK_HOME": str(tmp_path)}).socket != straight.socket
    assert len(bytes(straight.socket)) < 100
    assert straight.socket.parent.parent == Path(f"/tmp/steerdeck-{os.getuid()}")


def test_a_private_folder_is_made_with_its_parents_for_the_owner_only(tmp_path: Path):
    made = private_folder(tmp_path / "a" / "b")
    assert [path.stat().st_mode & 0o777 for path in (made, made.parent)] == [0o700, 0o700]
    assert private_folder(made) == made


def test_an_open_folder_of_ours_is_closed(tmp_path: Path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_is_never_followed(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SettingsError, match=r"is a link.*Remove the link\."):
        private_folder(tmp_path / "link")


def test_a_file_in_the_way_is_a_sentence_with_the_way_out(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="STEERDECK_HOME"):
        private_folder(tmp_path / "file" / "below")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    with pytest.raises(SettingsError, match=r"belongs to another user \(uid 12345\)"):
        private_folder(folder)


def test_both_folders_above_the_socket_are_private(tmp_path: Path):
    where = paths({"STEERDECK_HOME": str(tmp_path)})
    folder = make_socket_folder(where)
    try:
        assert folder == where.socket.parent
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()
