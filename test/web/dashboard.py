"""dashboard.py PROFILE DIR: opens the dashboard of the cluster in PROFILE while tasks run on it, and saves DIR/dashboard.png.

Waits are for states of the page, never for a time to pass.
"""
import json
import os
import sys
import urllib.request

import ipyparallel as ipp
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

LIMIT = 60  # seconds that a state may take to come, on a busy machine


def start_browser():
    options = webdriver.ChromeOptions()
    for a in ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync", "--disable-background-networking",
              "--disable-component-update", "--window-size=1300,1100", "--lang=en"]:
        options.add_argument(a)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return webdriver.Chrome(options=options, service=Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")))


def main(profile, out):
    with open(os.path.join(profile, "security", "gale-dashboard.json")) as f:
        url = json.load(f)["url"]
    python = ipp.Client(connection_info=os.path.join(profile, "security", "ipcontroller-client.json"))
    view = python.load_balanced_view()
    driver = start_browser()

    def wait(what, condition):
        def holds(_):
            view.apply_async(divmod, 1, 0)  # fails: a Go engine has no Python
            return condition()
        WebDriverWait(driver, LIMIT, poll_frequency=0.2).until(holds, f"not within {LIMIT} s: {what}")

    try:
        driver.get(url)
        assert "token" not in driver.current_url, driver.current_url
        wait("tasks on the timeline", lambda: driver.execute_script("return timeline.boxes.length") >= 100)
        wait("failures", lambda: "TypeError" in driver.find_element(By.ID, "failures").text)
        wait("memory of the engines", lambda: driver.find_element(By.ID, "engines").text.count("MB") == 4)
        driver.execute_script("document.querySelector('#failures a').click()")
        wait("the story of a task that failed", lambda: "an engine returned an error" in driver.find_element(By.ID, "story").text)
        wait("more tasks", lambda: driver.execute_script("return timeline.spans.length") >= 300)
        driver.save_screenshot(os.path.join(out, "dashboard.png"))
        # Without the cookie nothing is told.
        refused = 0
        try:
            urllib.request.urlopen(url.split("?")[0])
        except urllib.error.HTTPError as e:
            refused = e.code
        assert refused == 401, refused
        errors = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
        assert not errors, errors
        print("dashboard:", driver.execute_script("return report.done"), "tasks done,", driver.execute_script("return timeline.boxes.length"), "on the timeline")
    except BaseException:
        driver.save_screenshot(os.path.join(out, "dashboard-failure.png"))
        print(driver.get_log("browser"))
        raise
    finally:
        driver.quit()
        python.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
