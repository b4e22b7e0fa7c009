from bot.model.priorities import Priority
from tests.github.scripted import example

COMMENTS = "/repos/octo/cat/issues/1/comments"
MARKER = "<!-- greenroom:run:1 -->"
OURS = {"id": 42, "slug": "greenroom"}


def comment(number: int, body: str = "hello", app: object = None) -> dict[str, object]:
    made: dict[str, object] = example("issues/create-comment", 201, id=number, body=body)
    return {**made, "performed_via_github_app": app}


def three_pages(script, last) -> None:
    def following(page: int) -> dict[str, str]:
        return {"Link": f'<{script.url[:-1]}{COMMENTS}?per_page=100&page={page}>; rel="next"'}

    imitation = comment(2, f"{MARKER} I am the app", app=None)
    other_app = comment(3, MARKER, app={"id": 41})
    script.on(f"GET {COMMENTS}", [comment(1), imitation], headers=following(2))
    script.on(f"GET {COMMENTS}", [other_app, comment(4, "no marker", OURS)], headers=following(3))
    script.on(f"GET {COMMENTS}", last)


async def test_our_comment_is_found_on_the_third_page(script, octo):
    three_pages(script, [comment(5, f"{MARKER}\nworking", OURS), comment(6, MARKER, OURS)])
    found = await octo.comments.find(1, MARKER)
    assert found is not None
    assert (found.id, found.app) == (5, 42)
    assert [seen.query.get("page") for seen in script.asked(f"GET {COMMENTS}")] == [None, "2", "3"]


async def test_a_comment_that_imitates_ours_is_not_taken_for_it(script, octo):
    three_pages(script, [])
    assert await octo.comments.find(1, MARKER) is None


async def test_all_of_ours_are_listed_oldest_first(script, octo):
    three_pages(script, [comment(9, MARKER, OURS), comment(8, MARKER, OURS)])
    assert [found.id for found in await octo.comments.ours(1)] == [4, 8, 9]


async def test_a_comment_is_written_edited_and_removed(script, octo):
    script.on(f"POST {COMMENTS}", comment(5, app=OURS), 201)
    script.on("PATCH /repos/octo/cat/issues/comments/5", comment(5, "better", OURS))
    script.on("DELETE /repos/octo/cat/issues/comments/5", status=204)
    made = await octo.comments.create(1, "hello", priority=Priority.ACKNOWLEDGE)
    await octo.comments.edit(made.id, "better", priority=Priority.PROGRESS)
    await octo.comments.delete(made.id, priority=Priority.PROGRESS)
    assert [seen.method for seen in script.seen] == ["POST", "POST", "PATCH", "DELETE"]
    assert [seen.body for seen in script.seen[1:3]] == [{"body": "hello"}, {"body": "better"}]
