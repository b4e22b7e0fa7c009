from bot.github.cache import Cache
from bot.model.ids import InstallationId, Repo
from bot.model.priorities import Priority
from tests.github.scripted import example

REPO = "GET /repos/octo/cat"
CHANGED = {"ETag": '"one"'}


async def test_an_unchanged_answer_is_not_sent_twice(script, octo):
    script.on(REPO, example("repos/get"), headers=CHANGED)
    script.on(REPO, status=304, headers=CHANGED)
    assert await octo.repository.get() == await octo.repository.get()
    assert [seen.headers.get("if-none-match") for seen in script.asked(REPO)] == [None, '"one"']


async def test_another_installations_answer_is_not_reused(script, github, octo):
    script.on(REPO, example("repos/get"), headers=CHANGED)
    await octo.repository.get()
    await github.at(InstallationId(8), Repo("octo/cat")).repository.get()
    assert "if-none-match" not in script.seen[-1].headers


async def test_a_token_of_the_same_scope_reuses_the_answers_of_the_last_one(script, octo, time):
    script.on(REPO, example("repos/get"), headers=CHANGED)
    await octo.repository.get()
    time.now += 3600
    script.on(REPO, status=304)
    await octo.repository.get()
    assert script.seen[-1].headers["if-none-match"] == '"one"'


async def test_pages_are_kept_one_by_one(script, octo):
    path = "/repos/octo/cat/issues/1/comments"
    more = {"Link": f'<{script.url[:-1]}{path}?page=2>; rel="next"', **CHANGED}
    script.on(f"GET {path}", example("issues/list-comments"), headers=more)
    script.on(f"GET {path}", [], headers=CHANGED)
    script.on(f"GET {path}", status=304)
    await octo.comments.ours(1)
    await octo.comments.ours(1)
    assert [seen.query.get("page") for seen in script.seen[1:]] == [None, "2", None, "2"]


async def test_writes_are_not_kept(script, octo):
    written = example("issues/update-comment")
    script.on("PATCH /repos/octo/cat/issues/comments/9", written, headers=CHANGED)
    for _ in range(2):
        await octo.comments.edit(9, "better", priority=Priority.RESULT)
    assert "if-none-match" not in script.seen[-1].headers


def test_the_answer_unused_for_longest_goes_first():
    cache = Cache(size=2)
    one, two = cache.scoped("one"), cache.scoped("two")
    one["/a"] = two["/a"] = (None, None, "kept", None)
    assert one["/a"][2] == "kept"
    one["/b"] = (None, None, "new", None)
    assert (list(one), list(two)) == (["/a", "/b"], [])
    del one["/a"]
    assert len(one) == 1
