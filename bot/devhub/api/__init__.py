"""The REST API: each noun is a page of GitHub's documentation; `bot.devhub.routes` lists all."""
