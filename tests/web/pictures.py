"""Takes the pictures of docs/people.md from a demo that runs: `python -m tests.web.pictures`. They are to be looked at."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from commands.demo.folder import demo_folder, use_demo_settings
from runtime.settings import load_settings

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PATIENT = "/patients/interfant-21/T02"
WANTED = (
    ("web-today", 1280, 900, "clinician-1", "/?whose=all", ""),
    ("web-today-narrow", 375, 800, "clinician-1", "/?whose=all", ""),
    ("web-inbox", 1280, 700, "clinician-1", "/inbox", ""),
    ("web-patient", 1280, 900, "clinician-1", "/patients/interfant-21/T16", ""),
    ("web-patient-narrow", 375, 800, "clinician-1", "/patients/interfant-21/T16", ""),
    ("web-timeline", 1280, 1000, "clinician-1", PATIENT, "#timeline"),
    ("web-decision", 1280, 900, "clinician-1", "/patients/interfant-21/T16/decisions/risk", ""),
    ("web-results", 1280, 800, "coordinator-1", "/patients/interfant-21/T16/results", ""),
    ("web-enrol", 1280, 900, "coordinator-1", "/enrol?trial=interfant-21", ""),
    ("web-board", 1280, 900, "meeting-1", "/subtrials/hem-ismart/D", ""),
    ("web-meeting", 1280, 900, "meeting-1", "/meeting/hem-ismart", ""),
    ("web-meeting-narrow", 375, 800, "meeting-1", "/meeting/hem-ismart", ""),
    ("web-me", 1280, 700, "clinician-1", "/me", ""),
    ("web-me-narrow", 375, 800, "clinician-1", "/me", ""),
    ("web-cohort", 1280, 900, "clinician-1", "/cohort", ""),
)  # fmt: skip
"""Name, width, height, who looks, at what, and where the page is scrolled to."""


async def take() -> None:
    """Take every picture."""
    password = (demo_folder() / "people.txt").read_text(encoding="ascii")
    use_demo_settings()
    address = load_settings().web_address
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, width, height, who, path, at in WANTED:
            context = await browser.new_context(viewport={"width": width, "height": height})
            page = await context.new_page()
            await page.goto(f"{address}/sign-in")
            await page.fill("#code", who)
            await page.fill("#password", password)
            await page.get_by_role("button", name="Sign in").click()
            await page.goto(f"{address}{path}")
            if at:
                await page.eval_on_selector(at, "each => each.scrollIntoView()")
            await page.screenshot(path=PICTURES / f"{name}.png")
            await context.close()
            sys.stdout.write(f"{name}\n")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take())
