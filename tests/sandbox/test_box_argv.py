from pathlib import Path

from bot.model.runs import Limits
from bot.sandbox.box import NOTHING, Bind, Box, Bubblewrap, Descriptors, Root, argv, prlimit
from bot.sandbox.proc import Telling

LIMITS = Limits(seconds=60, memory=1000, processes=20, file_size=300, open_files=40)
BOX = Box(
    binds=(
        Bind(source="/data/tree", target="/workspace", writable=True),
        Bind(source="/data/mirror", target="/mirror.git"),
    ),
    links=(("/usr", "/opt/python"),),
    environment={"PATH": "/bin", "HOME": "/home/agent"},
    directory="/workspace",
    limits=LIMITS,
    etc="/our/etc",
)


def test_the_whole_command_line_of_a_box():
    words = argv(
        BOX,
        ["make", "test"],
        Bubblewrap(path="/usr/bin/bwrap", telling=Telling(files=("keys",), folders=("fs",))),
        Descriptors(seccomp=7, alive=3, info=8, block=9),
    )
    assert " ".join(words).replace(" --", "\n--").splitlines() == [
        "/usr/bin/bwrap",
        "--unshare-user",
        "--disable-userns",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-net",
        "--unshare-cgroup-try",
        "--uid 1000",
        "--gid 1000",
        "--hostname greenroom",
        "--new-session",
        "--die-with-parent",
        "--cap-drop ALL",
        "--clearenv",
        "--setenv HOME /home/agent",
        "--setenv PATH /bin",
        "--ro-bind /usr /usr",
        "--symlink usr/bin /bin",
        "--symlink usr/lib /lib",
        "--symlink usr/lib64 /lib64",
        "--symlink usr/sbin /sbin",
        "--proc /proc",
        "--dev /dev",
        "--tmpfs /proc/1",
        "--remount-ro /proc/1",
        "--size 1073741824",
        "--tmpfs /dev/shm",
        "--size 1073741824",
        "--tmpfs /tmp",
        "--ro-bind /dev/null /proc/keys",
        "--tmpfs /proc/fs",
        "--remount-ro /proc/fs",
        "--ro-bind /our/etc/boot_id /proc/sys/kernel/random/boot_id",
        "--ro-bind /our/etc/group /etc/group",
        "--ro-bind /our/etc/hosts /etc/hosts",
        "--ro-bind /our/etc/nsswitch.conf /etc/nsswitch.conf",
        "--ro-bind /our/etc/passwd /etc/passwd",
        "--ro-bind-try /etc/alternatives /etc/alternatives",
        "--ro-bind-try /etc/ca-certificates /etc/ca-certificates",
        "--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache",
        "--ro-bind-try /etc/localtime /etc/localtime",
        "--ro-bind-try /etc/pki/ca-trust /etc/pki/ca-trust",
        "--ro-bind-try /etc/pki/tls/certs /etc/pki/tls/certs",
        "--ro-bind-try /etc/ssl/certs /etc/ssl/certs",
        "--ro-bind-try /etc/ssl/openssl.cnf /etc/ssl/openssl.cnf",
        "--symlink /usr /opt/python",
        "--bind /data/tree /workspace",
        "--ro-bind /data/mirror /mirror.git",
        "--remount-ro /dev",
        "--remount-ro /",
        "--chdir /workspace",
        "--seccomp 7",
        "--sync-fd 3",
        "--info-fd 8",
        "--block-fd 9",
        "-- /usr/bin/prlimit",
        "--as=1000",
        "--nproc=20",
        "--fsize=300",
        "--nofile=40",
        "--cpu=60",
        "--core=0",
        "-- make test",
    ]


def test_an_older_bubblewrap_is_not_given_an_option_that_it_does_not_know():
    older = Bubblewrap(path="bwrap", disable_userns=False)
    words = argv(Box(), ["true"], older, Descriptors(seccomp=7))
    assert "--disable-userns" not in words
    assert "--unshare-user" in words


def test_a_box_sees_nothing_that_it_was_not_given():
    words = argv(Box(), ["true"], Bubblewrap(path="bwrap"), Descriptors(seccomp=7))
    binds = {
        words[at + 1] for at, word in enumerate(words) if word.startswith(("--ro-bind", "--bind"))
    }
    assert {path for path in binds if not path.startswith(("/etc/", Box().etc))} == {"/usr"}


def test_what_is_hidden_lies_over_what_is_bound():
    box = Box(hidden_folders=("/workspace/.x",), hidden_files=("/workspace/y.json",))
    words = argv(box, ["true"], Bubblewrap(path="bwrap"), Descriptors(seccomp=7))
    at = words.index("/workspace/.x")
    hidden = ["--tmpfs", "/workspace/.x", "--remount-ro", "/workspace/.x"]
    assert words[at - 1 : at + 6] == [*hidden, "--ro-bind", NOTHING, "/workspace/y.json"]
    assert Path(NOTHING).read_bytes() == b""


def test_of_a_program_that_reserves_addresses_only_what_it_can_write_to_is_bounded():
    assert prlimit(LIMITS)[1] == "--as=1000"
    assert prlimit(LIMITS, reserves=True)[1] == "--data=1000"


def test_a_box_that_reads_all_is_given_that_one_power_after_all_were_taken():
    box = Box(reads_all=True)
    words = argv(box, ["true"], Bubblewrap(path="bwrap"), Descriptors(seccomp=7))
    at = words.index("--cap-drop")
    assert words[at : at + 4] == ["--cap-drop", "ALL", "--cap-add", "CAP_DAC_READ_SEARCH"]


def test_a_box_with_an_image_has_nothing_of_the_hosts_programs_and_limits_from_outside():
    root = Root(
        binds=(Bind(source="/images/a/usr", target="/usr"),),
        links=(("usr/bin", "/bin"),),
        run=("/run/db",),
    )
    box = Box(root=root, joined=True, scratch=4096, etc="/our/etc", environment={"A": "b"})
    words = argv(box, ["make"], Bubblewrap(path="bwrap"), Descriptors(seccomp=7))
    lines = " ".join(words).replace(" --", "\n--").splitlines()
    begin, end = lines.index("--setenv A b"), lines.index("--proc /proc")
    assert lines[begin + 1 : end] == [
        "--ro-bind /images/a/usr /usr",
        "--symlink usr/bin /bin",
        "--symlink /tmp /var/tmp",
        "--size 67108864",
        "--tmpfs /run",
        "--dir /run/db",
    ]
    assert lines.count("--size 4096") == 2
    assert "--unshare-net" not in words
    assert not [line for line in lines if "prlimit" in line or line.startswith("--ro-bind-try")]
    assert lines[-1] == "-- make"
