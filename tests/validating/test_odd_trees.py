"""Trees that no person would make, asked about by the agent in whose box they are."""

import pytest

from bot.model.validations import Definition
from bot.rules.checkpoints import MOST_FILES
from tests.validating.conftest import FIRST
from tests.validating.whole import in_folder

UIDS = (FIRST + 20, FIRST + 39)
FILES = {
    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    "big.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9000\n",
    "was": "a file\n",
}
LOOK = Definition(
    name="look",
    run="ls -A | grep -v ^.git | tr '\\n' ' '; readlink out; head -1 big.bin; cat was shut",
)
COUNT = Definition(name="count", run="ls many | wc -l; find deep | wc -l")

ODD = r"""
mkfifo pipe
python3 -c 'import socket; socket.socket(1).bind("sock")'
mknod device c 1 3 2>/dev/null
ln -s /etc/shadow out; ln -s ../../.. up; ln -s loop loop
git init -q sub; echo x > sub/x; git -C sub add x; git -C sub commit -qm x
rm was; mkfifo was
echo shut > shut; chmod 0 shut
cp big.bin copy.bin
greenroom validate look
"""

MANY = f"""
mkdir many; cd many; seq {MOST_FILES + 50} | xargs touch; cd ..
python3 -c 'import os
for _ in range(900): os.mkdir("deep"); os.chdir("deep")
open("x", "w")'
greenroom validate count
"""


@pytest.fixture
async def place(tmp_path):
    async with in_folder(tmp_path, UIDS, LOOK, COUNT) as made:
        yield made


async def test_of_odd_things_links_come_as_links_and_what_is_no_file_not_at_all(place):
    log = await place.ends(ODD, FILES)
    assert "big.bin copy.bin loop out up was " in log
    assert "/etc/shadow\nversion https://git-lfs" in log
    assert "a file" in log  # as it was: what has replaced it is no file
    assert "look: failed" in log  # nobody may read `shut`, so it is not there


@pytest.mark.full
async def test_of_a_tree_with_too_many_files_some_come_and_the_rest_is_counted(place):
    log = await place.ends(MANY, FILES)
    assert "since they are too large: " in log
    assert "count: passed" in log
    assert str(MOST_FILES) in log or str(MOST_FILES - 1) in log
