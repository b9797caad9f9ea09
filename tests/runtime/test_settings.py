"""Settings: from the environment and a file, refused with reasons."""

import stat
from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.settings import load_settings, make_data_dir


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_everything_is_local_and_in_one_folder(folder: Path) -> None:
    settings = load_settings()
    assert settings.uses_local_server
    assert settings.temporal_address == "127.0.0.1:7233"
    assert settings.data_dir == folder / ".allpath"
    assert settings.key_file == folder / ".allpath" / "payload.key"
    assert settings.database_url == f"sqlite+aiosqlite:///{folder}/.allpath/allpath.db"
    assert settings.task_queue != settings.rehearsal_task_queue
    assert settings.smtp.host is None


def test_the_data_folder_is_closed_to_others() -> None:
    made = make_data_dir(load_settings())
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_key_and_database_follow_the_data_folder(folder: Path) -> None:
    settings = load_settings(data_dir=folder / "elsewhere")
    assert settings.key_file == folder / "elsewhere" / "payload.key"
    assert str(folder / "elsewhere") in settings.database_url


def test_an_address_means_that_no_local_server_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLPATH_TEMPORAL_ADDRESS", "temporal.example.org:7233")
    assert not load_settings().uses_local_server


def test_the_environment_wins_over_the_file_and_an_option_over_both(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "allpath.toml").write_text(
        'task_queue = "file"\nlog_level = "debug"\n[smtp]\nhost = "mail.example.org"\nport = 25\n'
        '[smtp.recipients]\nclinician = ["ward@example.org"]\n'
    )
    monkeypatch.setenv("ALLPATH_TASK_QUEUE", "environment")
    monkeypatch.setenv("ALLPATH_SMTP__PORT", "2525")
    settings = load_settings(log_level="error")
    assert (settings.task_queue, settings.log_level) == ("environment", "error")
    assert (settings.smtp.host, settings.smtp.port) == ("mail.example.org", 2525)
    assert settings.smtp.recipients == {"clinician": ("ward@example.org",)}


def test_another_file_can_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "site.toml").write_text('task_queue = "named"\n')
    monkeypatch.setenv("ALLPATH_CONFIG", str(folder / "site.toml"))
    assert load_settings().task_queue == "named"
    monkeypatch.setenv("ALLPATH_CONFIG", str(folder / "missing.toml"))
    with pytest.raises(SettingsError, match=r"missing\.toml, which is not a file"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ALLPATH_TEMPORAL_ADDRESS", "no-port-s3cret", "temporal_address"),
        ("ALLPATH_TEMPORAL_ADDRESS", "http://host:1/s3cret", "temporal_address"),
        ("ALLPATH_DEFAULT_SITE_ZONE", "Mars/s3cret", "default_site_zone.*not an IANA time zone"),
        ("ALLPATH_DATABASE_URL", "mysql://u:s3cret@h/d", "database_url.*sqlite"),
        ("ALLPATH_SMTP__PORT", "s3cret", r"smtp\.port"),
        ("ALLPATH_SMTP__RECIPIENTS", "{s3cret", "smtp"),
        ("ALLPATH_SMTP__HOTS", "s3cret", r"smtp\.hots"),
        ("ALLPATH_SMTP__SENDER", "s3cret", r"smtp\.sender.*Allpath <a@b.org>"),
        ("ALLPATH_SMTP__SENDER", "a@b.org, s3cret@b.org", r"smtp\.sender.*one mail address"),
        ("ALLPATH_SMTP__SENDER", "s3cret <a@>", r"smtp\.sender.*one mail address"),
        (
            "ALLPATH_SMTP__RECIPIENTS",
            '{"s3cretary": ["a@b.org"]}',
            r"smtp\.recipients.*no role.*coordinator, clinician",
        ),
        ("ALLPATH_SMTP__RECIPIENTS", '{"clinician@": ["a@s3cret.org"]}', r"smtp\.recipients.*no role"),
        (
            "ALLPATH_SMTP__RECIPIENTS",
            '{"clinician": ["s3cret"]}',
            r"smtp\.recipients.*an address of clinician",
        ),
        ("ALLPATH_LOG_LEVEL", "s3cret", "log_level.*'debug', 'info'"),
        ("ALLPATH_REHEARSAL_TASK_QUEUE", "allpath", "differs from task_queue"),
        ("ALLPATH_TASK_QEUE", "s3cret", "ALLPATH_TASK_QEUE is no setting.*ALLPATH_TASK_QUEUE"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_never_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=message) as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)
    assert refused.value.exit_status == 2


def test_an_unknown_or_broken_file_is_refused(folder: Path) -> None:
    (folder / "allpath.toml").write_text('tsak_queue = "s3cret"\n')
    with pytest.raises(SettingsError, match="tsak_queue") as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)
    (folder / "allpath.toml").write_text("task_queue = [\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLPATH_TEMPORAL_API_KEY", "s3cret")
    monkeypatch.setenv("ALLPATH_SMTP__PASSWORD", "s3cret")
    monkeypatch.setenv("ALLPATH_DATABASE_URL", "postgresql+asyncpg://allpath:s3cret@db/allpath")
    assert "s3cret" not in repr(load_settings())


@pytest.mark.parametrize(
    "sender", ["a@b.org", "allpath@localhost", "Allpath <a@b.org>", '"All, path" <a@b.org>']
)
def test_a_sender_may_have_a_name(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("ALLPATH_SMTP__SENDER", sender)
    assert load_settings().smtp.sender == sender
