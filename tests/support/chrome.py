# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Chrome or Chromium without a window, controlled by Selenium, with the actions and the view of a reader."""

import contextlib
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support import freshness, installation

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_DRIVERS = ("chromedriver", "chromium.chromedriver")

# A browser in a test downloads nothing and reports nothing.
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en",
)  # fmt: skip

_BLOCKED = 2  # Chromium's number for a blocked content setting


def _first(names):
    return next(filter(None, map(shutil.which, names)), None)


def missing():
    """Describes a missing program; None if all programs are present."""
    program = _first(_PROGRAMS)
    if program is None:
        return f"No Chrome or Chromium was found (looked for {', '.join(_PROGRAMS)})"
    if _first(_DRIVERS) is None:
        return f"{program} was found, but not its driver (looked for {', '.join(_DRIVERS)})"
    return None


class Chrome:
    """One browser. It keeps its cookies and its view until reset(). flags: more options of the program."""

    def __init__(self, base, scripts=True, flags=()):
        program, driver = _first(_PROGRAMS), _first(_DRIVERS)
        self.base = base
        self.scripts = scripts
        options = webdriver.ChromeOptions()
        options.binary_location = program
        options.ignore_local_proxy_environment_variables()
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for flag in (*_FLAGS, *flags):
            options.add_argument(flag)
        # A browser in a snap has its own /tmp. Its driver makes the profile there.
        self._profile = None if "/snap/" in program else tempfile.mkdtemp(prefix="mt-chrome-", dir="/tmp")
        if self._profile:
            options.add_argument(f"--user-data-dir={self._profile}")
        preferences = {"credentials_enable_service": False, "profile.password_manager_leak_detection": False}
        if not scripts:
            preferences["profile.managed_default_content_settings.javascript"] = _BLOCKED
        options.add_experimental_option("prefs", preferences)
        try:
            self.driver = webdriver.Chrome(service=Service(executable_path=driver), options=options)
        except BaseException:
            self._forget_profile()
            raise
        self.driver.set_page_load_timeout(installation.PATIENCE)

    def quit(self):
        try:
            self.driver.quit()
        finally:
            self._forget_profile()

    def _forget_profile(self):
        if self._profile:
            # The processes may still write when the driver reports that they have ended.
            shutil.rmtree(self._profile, ignore_errors=True)

    def reset(self):
        """Becomes a new visitor at a desktop computer."""
        self.driver.get("about:blank")
        self.devtools("Network.clearBrowserCookies")
        self.devtools("Page.setBypassCSP", enabled=False)
        self.scheme("light")
        self.width(1280)
        self.console()

    def devtools(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def width(self, pixels, height=900):
        """Sets the size of the screen. A narrow one is a phone's."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=pixels, height=height, deviceScaleFactor=1, mobile=pixels < 600,
        )  # fmt: skip

    @contextlib.contextmanager
    def font_size(self, pixels):
        """Sets the size of the text, which is 16 px otherwise, for the present page."""
        self.devtools("Page.setFontSizes", fontSizes={"standard": pixels, "fixed": round(pixels * 13 / 16)})
        try:
            assert self.run("return getComputedStyle(document.documentElement).fontSize") == f"{pixels}px"
            yield
        finally:
            self.devtools("Page.setFontSizes", fontSizes={"standard": 16, "fixed": 13})

    def scheme(self, name):
        """Sets the preference of the reader's system: "light" or "dark"."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def console(self):
        """The browser's warnings and errors since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # Actions

    def open(self, path, base=None):
        """base: the URL of the host, if it is not that of the site."""
        freshness.wait()
        self.driver.get((base or self.base) + path)

    def reload(self):
        self.driver.refresh()

    def click(self, name, within="body"):
        """Follows the link or presses the button with this text inside the element of this selector."""
        clickable = f"{within} :is({_CLICKABLE})"
        # A part for screen readers is on a line of its own.
        said = [" ".join(text.split()) for text in self.texts(clickable)]
        found = [element for element, text in zip(self.all(clickable), said) if text == name]
        assert len(found) == 1, f"{len(found)} links and buttons say {name!r} on {self.path}"
        self._leave(found[0].click)

    def fill(self, **fields):
        for name, text in fields.items():
            field = self.one(f"[name={name}]")
            field.clear()
            field.send_keys(text)

    def type(self, keys):
        """Types into the focused element."""
        ActionChains(self.driver, duration=0).send_keys(keys).perform()

    def enter(self):
        """Presses Enter where this leads to another page."""
        self._leave(lambda: self.type(Keys.ENTER))

    def tab_to(self, name, within="body"):
        """Presses Tab up to the element with this accessible name inside the element of this selector. Each element on
        the way must show its focus."""
        seen = []
        for _ in range(200):
            self.type(Keys.TAB)
            element = self.driver.switch_to.active_element
            hidden = self.run(_FOCUS_HIDDEN, element)
            seen.append(element.accessible_name)
            assert not hidden, f"{seen[-1]!r} on {self.path} has the focus, but {hidden}"
            if seen[-1] == name and self.run("return arguments[0].closest(arguments[1]) !== null", element, within):
                return
        raise AssertionError(f"Tab never reaches {name!r} on {self.path}, only {seen}")

    def _leave(self, action):
        """Performs an action that leads to another page, and waits for this page."""
        before = self.one("html")
        action()
        deadline = time.monotonic() + installation.PATIENCE
        while time.monotonic() < deadline:
            try:
                if self.one("html") != before and self.run("return document.readyState") == "complete":
                    return
            except WebDriverException:
                pass  # between two pages
            time.sleep(0.01)
        raise AssertionError(f"still on {self.path}")

    # View

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def has(self, selector):
        try:
            return self.one(selector).is_displayed()
        except NoSuchElementException:
            return False

    def texts(self, selector):
        return self.run(_TEXTS, selector)  # one query for each element would be slow

    @property
    def path(self):
        return self.driver.current_url.removeprefix(self.base)

    @property
    def heading(self):
        return self.one("div.body h2").text

    @property
    def flashes(self):
        return self.texts("ul.flashes > li")

    @property
    def errors(self):
        return self.texts("div.error")

    @property
    def navigation(self):
        return self.texts("div.navigation a")

    @property
    def messages(self):
        """(author, text) of each message."""
        return list(zip(self.texts("ul.messages strong a"), self.texts("ul.messages p > span")))


_CLICKABLE = "a, input[type=submit]"

_TEXTS = """
return [...document.querySelectorAll(arguments[0])].map(
    element => element.matches('input, textarea') ? element.value : element.innerText.trim());
"""

# The reason why the focus on an element is invisible; empty if it is visible.
_FOCUS_HIDDEN = """
const element = arguments[0], style = getComputedStyle(element), box = element.getBoundingClientRect();
if (element === document.body) return '';
if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return 'has no outline';
if (box.width < 1 || box.height < 1) return 'has no size';
if (box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth) return 'is out of sight';
return '';
"""
