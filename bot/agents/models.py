"""Where an agent in a box finds its model and our tools: one loopback port, one path each.

What is sent there goes through the door to the gateway, which has the keys.  Programs that
insist on a key are given a word in its place.
"""

from collections.abc import Mapping

PORT = 8017
"""The port of the box's loopback interface; nothing else listens in a box yet."""

TOOLS = f"http://127.0.0.1:{PORT}/mcp"
"""Address of the server of our tools, for programs that speak the Model Context Protocol."""

KEY = "greenroom"
"""Stands where a program wants a key; it opens nothing."""

DEFAULT = "default"
"""A model's name where nobody has said one, for programs that insist on one."""

_DOOR = f"http://127.0.0.1:{PORT}/models"

ANTHROPIC = f"{_DOOR}/anthropic"
"""Base address of Anthropic's Messages, as `ANTHROPIC_BASE_URL` means it."""

OPENAI = f"{_DOOR}/openai/v1"
"""Base address of OpenAI's Responses and Chat Completions."""

GEMINI = f"{_DOOR}/gemini"
"""Base address of Gemini's API, without its version."""

COMPATIBLE = f"{_DOOR}/compatible/v1"
"""Base address of whoever speaks as OpenAI does."""

FOR_ALL: Mapping[str, str] = {
    "ANTHROPIC_BASE_URL": ANTHROPIC,
    "ANTHROPIC_API_KEY": KEY,
    "OPENAI_BASE_URL": OPENAI,
    "OPENAI_API_KEY": KEY,
    "GOOGLE_GEMINI_BASE_URL": GEMINI,
    "GEMINI_API_KEY": KEY,
}
"""The variables by which most programs find them."""


def named(model: str) -> Mapping[str, str]:
    """Return the variable that tells a program which model it is to use, if one is named."""
    return {"GREENROOM_MODEL": model} if model else {}
