import io
import sys

import pytest
from rich.console import Console

from sandbox import commands, progress
from sandbox.commands import CommandError


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_a_program_writes_is_returned() -> None:
    assert commands.run(python("print(input())"), input_text="words\n") == "words\n"


def test_a_failure_tells_the_command_its_code_and_its_last_words() -> None:
    with pytest.raises(CommandError) as caught:
        commands.run(python("import sys; print('why', file=sys.stderr); sys.exit(3)"))
    text = str(caught.value)
    assert "exit code 3" in text
    assert text.endswith("    why")


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="no-such-program: cannot be started"):
        commands.run(["no-such-program"])
    with pytest.raises(CommandError, match="no-such-program: cannot be started"):
        commands.follow(["no-such-program"], print)


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandError, match=r"no end after 0\.2 s"):
        commands.run(python("import time; time.sleep(60)"), timeout_seconds=0.2)


def test_each_line_is_handed_on_while_the_program_runs() -> None:
    lines: list[str] = []
    commands.follow(python("import sys; print('one', file=sys.stderr); print('two', file=sys.stderr)"), lines.append)
    assert lines == ["one", "two"]


def test_a_compiler_that_fails_tells_its_last_lines() -> None:
    with pytest.raises(CommandError, match=r"(?s)exit code 2.*undefined: x"):
        commands.follow(python("import sys; print('undefined: x', file=sys.stderr); sys.exit(2)"), lambda _: None)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(progress, "console", Console(file=written, force_terminal=False, width=200))
    return written


def test_a_step_is_one_line_when_nobody_looks_on(screen: io.StringIO) -> None:
    with progress.step("compile") as current:
        current.detail("a package")
        current.note("3 MiB")
    assert screen.getvalue().startswith("✓ compile: 3 MiB  0.")
    assert screen.getvalue().count("\n") == 1


def test_a_long_step_gives_a_sign_of_life(screen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with progress.step("compile") as current:
        monkeypatch.setattr(progress, "_SIGN_OF_LIFE_SECONDS", -1.0)
        current.detail("package [one]")
    assert "  compile: package [one] (0 s)\n" in screen.getvalue()


def test_a_failed_step_is_marked_and_the_error_goes_on(screen: io.StringIO) -> None:
    with pytest.raises(ValueError, match="broken"), progress.step("outer"), progress.step("inner"):
        raise ValueError("broken")
    assert [line[:7] for line in screen.getvalue().splitlines()] == ["✗ inner", "✗ outer"]
