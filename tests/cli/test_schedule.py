from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from cli.conftest import Run


def due_now(home: Path) -> None:
    """Make all schedules due."""
    with closing(sqlite3.connect(home / "ccingest.db", isolation_level=None)) as connection:
        connection.execute("UPDATE schedules SET next_at = '2020-01-01T00:00:00.000Z'")


def test_in_json(here: Run, home: Path, shop: str) -> None:
    made = here("schedule", "add", shop, "--every", "90m", "--branch", "main", "--json").document
    assert (made["project"], made["dataset"], made["repository"]) == (
        "default", "org-shop", "org/shop",
    )  # fmt: skip
    assert (made["every"], made["cron"], made["branch"]) == ("1h30m", None, "main")
    assert (made["replaced"], made["lastJobId"]) == (False, None)
    assert here("worker", "--drain", "--json").document == {"jobs": {"completed": 1}}
    assert here("query", "tax", "-k", "1", "--json").code == 0
    (listed,) = here("schedule", "list", "--json").document["schedules"]
    (job,) = here("history", "--json").document["jobs"]
    assert (listed["lastJobId"], listed["lastStatus"]) == (job["jobId"], "completed")
    assert listed["nextAt"] > made["nextAt"]

    due_now(home)
    again = here("schedule", "add", shop, "--cron", "0 3 * * 1-5", "--json").document
    assert (again["every"], again["cron"], again["replaced"]) == (None, "0 3 * * 1-5", True)
    assert here("worker", "--drain", "--json").document == {"jobs": {}}
    due_now(home)
    assert here("worker", "--drain", "--json").document == {"jobs": {"completed": 1}}
    assert here("schedule", "remove", "org-shop", "--json").document["cron"] == "0 3 * * 1-5"
    assert here("schedule", "list", "--json").document == {"schedules": []}
    assert len(here("datasets", "--json").document["datasets"]) == 1


def test_for_people(here: Run, shop: str) -> None:
    assert "No schedules yet" in here("schedule", "list").out
    assert "scheduled org-shop every 6h" in here("schedule", "add", shop, "--every", "6h").out
    assert "1 completed" in here("worker", "--drain").out
    wrong = here("schedule", "add", "org-shop", "--every", "6h")
    assert (wrong.code, f"was made of {shop}.git; give that." in wrong.err) == (2, True)
    listed = here("schedule", "list").out
    assert "every 6h" in listed
    assert "completed" in listed
    assert "deleted org-shop" in (gone := here("delete", "--dataset", "org-shop").out)
    assert "and its schedule" in gone
    assert "No schedules yet" in here("schedule", "list").out


def test_a_worker_cleans_up_by_itself_once_a_day(here: Run, home: Path, shop: str) -> None:
    assert here("github", "add", shop).code == 0
    orphan = home / "lance" / "orphan.lance"
    (orphan / "data").mkdir(parents=True)
    with closing(sqlite3.connect(home / "ccingest.db", isolation_level=None)) as connection:
        connection.execute("UPDATE jobs SET completed_at = '2020-01-01T00:00:00.000Z'")
        assert "deleted 1 job" in here("worker", "--drain").err
        assert here("history", "--json").document == {"jobs": []}
        assert not orphan.exists()
        assert here("worker", "--drain").err == ""
        connection.execute("UPDATE maintenance_runs SET at = '2020-01-01T00:00:00.000Z'")
    (home / "config.toml").write_text("history_days = 'x'")
    done = here("worker", "--drain")
    assert (done.code, "history_days" in done.err) == (2, True)
