"""Which models there are, by the environment."""

from pathlib import Path

from bot import build, configuration

CONFIG = Path(__file__).parents[2] / "config"


def models(env: dict[str, str]) -> tuple[str, str | None, str]:
    """Who answers, who reads, and what the operator is told."""
    current = configuration.load(CONFIG, env)
    voice, reader, told = build.models(lambda: current, env)
    return voice.name, reader.name if reader else None, told


def test_without_a_key_the_stand_in_answers_and_nobody_reads() -> None:
    voice, reader, told = models({})
    assert (voice, reader) == ("offline stand-in", None)
    assert "stand-in" in told


def test_with_a_key_two_models_work_under_their_own_names() -> None:
    current = configuration.load(CONFIG, {}).settings.llm
    voice, reader, told = models({"ANTHROPIC_API_KEY": "a secret"})
    assert (voice, reader) == (current.main, current.reader)
    assert "a secret" not in told


def test_the_password_in_an_endpoints_address_is_not_told() -> None:
    _, _, told = models({"ANTHROPIC_BASE_URL": "http://user:password@localhost:1/v1"})
    assert "localhost" in told
    assert "password" not in told
