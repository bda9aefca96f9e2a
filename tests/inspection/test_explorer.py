"""The page of the explorer in a real browser."""

import shutil

import numpy as np
import pandas as pd
import pytest
from estimators import quick
from helpers import table, with_missing_values
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA

from sklearn_autoencoders import AutoencoderClassifier, AutoencoderTransformer
from sklearn_autoencoders.inspection import latent_explorer

pytestmark = pytest.mark.long  # with a browser

FRAME, SPECIES = load_iris(return_X_y=True, as_frame=True)
DIGITS, NUMBERS = load_digits(return_X_y=True)
EVIL = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked=1'>\"&'"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def pca():
    return PCA(2).fit(FRAME.to_numpy())


@pytest.fixture(scope="module")
def of_digits():
    return quick(AutoencoderTransformer, n_components=2, max_epochs=20).fit(DIGITS)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"needs a browser; none of {', '.join(BROWSERS)} is installed")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Return a function that writes and opens a page; check for requests and errors at the end."""
    contexts, complaints = [], []

    def opened(estimator, X, *, width=1000, height=760, scheme="light", has_touch=False, **params):
        path = tmp_path / "page.html"
        latent_explorer(estimator, X, path, **params)
        size = {"width": width, "height": height}
        context = browser.new_context(
            viewport=size, color_scheme=scheme, has_touch=has_touch, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked(request.url, path))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=20_000)
        return page

    def asked(url, path):
        if url != path.as_uri() and not url.startswith("data:"):
            complaints.append(url)

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def on_screen(page, where):
    """Return the position of a sample, or of a point of the plane, on the page."""
    return page.evaluate(
        """(where) => {
            const box = document.getElementById("plot").getBoundingClientRect();
            const place = Array.isArray(where) ? where : latentExplorer.whereRow(where);
            const [left, top] = latentExplorer.toScreen(...place);
            return [box.left + 1 + left, box.top + 1 + top];
        }""",
        where,
    )


def seen(page, axis="x"):
    return np.array(page.evaluate(f"latentExplorer.view.{axis}"))


def number(text):
    return float(text.replace("\u2212", "-"))


def values_in_panel(page):
    return [number(text) for text in page.locator("td.number").all_inner_texts()]


def place_in_panel(page):
    return [number(text) for text in page.locator("#facts dd").all_inner_texts()[:2]]


def lonely(codes, n_rows):
    """Return the samples whose neighbors are farthest."""
    scaled = codes / np.ptp(codes, axis=0)
    distances = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    return np.argsort(-np.sort(distances, axis=1)[:, 1])[:n_rows].tolist()


def corner(codes):
    """Return a decoded point far from all samples, near a corner of their range."""
    low, high = codes.min(axis=0), codes.max(axis=0)
    corners = np.array([[low[0], low[1]], [low[0], high[1]], [high[0], low[1]], high])
    distances = np.linalg.norm((corners[:, None] - codes) / (high - low), axis=2).min(axis=1)
    return corners[distances.argmax()].tolist()


def test_pointing_at_a_sample_shows_it(visit, pca):
    X = FRAME.set_index("flower " + FRAME.index.astype(str))
    page = visit(PCA(2).fit(X), X, labels=SPECIES.set_axis(X.index))
    for row in lonely(pca.transform(FRAME.to_numpy()), 3):
        page.mouse.move(*on_screen(page, row))
        heading = f"Sample flower {row} · target: {SPECIES[row]}"
        page.wait_for_function(f"document.getElementById('heading').textContent === '{heading}'")
        assert values_in_panel(page) == FRAME.iloc[row].tolist()
        assert page.locator("tbody th").all_inner_texts() == list(FRAME)
        assert page.locator("#tip").inner_text() == heading
    page.mouse.move(1, 1)
    page.wait_for_function("document.getElementById('heading').textContent === 'No selection'")


def test_missing_values_are_labeled_as_missing(visit):
    X = with_missing_values(table())
    model = quick(AutoencoderTransformer, n_components=2).fit(X)
    page = visit(model, X)
    row = lonely(model.transform(X), 1)[0]
    page.mouse.click(*on_screen(page, row))
    texts = page.locator("td.number").all_inner_texts()
    assert [text == "missing" for text in texts] == np.isnan(X[row]).tolist()
    page.select_option("#color", "column 1")
    assert f"missing ({np.isnan(X[:, 1]).sum()})" in page.locator("#legend").inner_text()


def test_a_click_decodes_as_a_linear_decoder_does(visit, pca):
    """A linear decoder is interpolated without error."""
    X = FRAME.to_numpy()
    page = visit(pca, X)
    page.mouse.click(*on_screen(page, corner(pca.transform(X))))
    assert page.locator("#heading").inner_text() == "Decoded"
    expected = pca.inverse_transform([place_in_panel(page)])[0]
    np.testing.assert_allclose(values_in_panel(page), expected, rtol=1e-3, atol=1e-3)


def test_the_cross_can_be_dragged(visit, pca):
    page = visit(pca, FRAME.to_numpy())
    place = corner(pca.transform(FRAME.to_numpy()))
    page.mouse.click(*on_screen(page, place))
    before, view = values_in_panel(page), seen(page)
    left, top = on_screen(page, place)
    page.mouse.down()
    page.mouse.move(left + 20, top + 15, steps=4)
    page.mouse.up()
    assert values_in_panel(page) != before
    np.testing.assert_array_equal(seen(page), view)
    expected = pca.inverse_transform([place_in_panel(page)])[0]
    np.testing.assert_allclose(values_in_panel(page), expected, rtol=1e-3, atol=1e-3)


def test_images_are_decoded_within_the_documented_tolerance(visit, of_digits):
    page = visit(of_digits, DIGITS, labels=NUMBERS, image_shape=(8, 8))
    places = of_digits.transform(DIGITS)
    script = "(places) => places.map((place) => latentExplorer.decodedAt(0, 1, ...place))"
    levels = np.array(page.evaluate(script, places.tolist())) / 254
    exact = np.clip(of_digits.inverse_transform(places) / 16, 0, 1)
    assert np.quantile(np.abs(levels - exact), 0.95) < 0.05


def test_a_click_shows_the_decoded_image(visit, of_digits):
    page = visit(of_digits, DIGITS, image_shape=(8, 8))
    page.mouse.click(*on_screen(page, corner(of_digits.transform(DIGITS))))
    pixels = page.evaluate(
        "[...document.getElementById('picture').getContext('2d').getImageData(0,0,8,8).data]"
    )
    drawn = np.reshape(pixels, (64, 4))[:, 0] / 255
    code = np.array([place_in_panel(page)], dtype=np.float32)
    exact = np.clip(of_digits.inverse_transform(code)[0] / 16, 0, 1)
    assert np.abs(drawn - exact).mean() < 0.03
    assert np.corrcoef(drawn, exact)[0, 1] > 0.98


def test_a_place_of_chosen_axes_is_decoded(visit):
    X = FRAME.to_numpy()
    model = PCA(3).fit(X)
    codes = model.transform(X)
    page = visit(model, X)
    page.select_option("#across", "2")
    page.mouse.click(*on_screen(page, corner(codes[:, [2, 1]])))
    across, up = place_in_panel(page)
    expected = model.inverse_transform([[np.median(codes[:, 0]), up, across]])[0]
    np.testing.assert_allclose(values_in_panel(page), expected, rtol=1e-3, atol=1e-3)
    page.select_option("#up", "2")
    assert page.evaluate("[latentExplorer.view.across, latentExplorer.view.up]") == [1, 2]


def test_without_a_decoder_a_click_shows_a_hint(visit):
    model = quick(AutoencoderClassifier, n_components=2).fit(FRAME, SPECIES)
    page = visit(model, FRAME)
    page.mouse.click(*on_screen(page, corner(model.transform(FRAME))))
    assert page.locator("#heading").inner_text() == "Not decoded"
    assert "has no inverse_transform" in page.locator("#note").inner_text()


def test_a_code_of_one_component_is_spread_out(visit):
    X = FRAME.to_numpy()
    model = PCA(1).fit(X)
    page = visit(model, X)
    page.mouse.click(*on_screen(page, [0.5, -0.02]))
    place = [number(text) for text in page.locator("#facts dd").all_inner_texts()]
    expected = model.inverse_transform([place])[0]
    np.testing.assert_allclose(values_in_panel(page), expected, rtol=1e-3, atol=1e-3)


def color_at(page, row):
    return page.evaluate(
        """(row) => {
            const canvas = document.getElementById("plot");
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
            copy.drawImage(canvas, 0, 0);
            const [left, top] = latentExplorer.toScreen(...latentExplorer.whereRow(row));
            const place = [left, top].map((part) => Math.round(part * devicePixelRatio));
            return [...copy.getImageData(...place, 1, 1).data];
        }""",
        row,
    )[:3]


def drawn(page):
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def test_colors_follow_the_choice(visit, pca):
    X = FRAME.to_numpy()
    page = visit(pca, X, labels=SPECIES)
    row = lonely(pca.transform(X), 1)[0]
    drawn(page)
    classes = [[0x3F, 0x90, 0xDA], [0xFF, 0xA9, 0x0E], [0xBD, 0x1F, 0x01]]
    assert color_at(page, row) == classes[SPECIES[row]]
    page.select_option("#color", "score")
    drawn(page)
    assert color_at(page, row) not in classes
    assert page.locator("#legend .bar").count() == 1
    page.select_option("#color", "column 0")
    assert page.locator("#legend .name").inner_text() == "x0"
    page.select_option("#color", "label")
    page.locator("#legend button").nth(SPECIES[row]).click()
    drawn(page)
    assert color_at(page, row) not in classes, "a click on the legend hides a class"


def test_it_is_used_with_keys_alone(visit, pca):
    page = visit(pca, FRAME.to_numpy(), labels=SPECIES)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "plot":
            break
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    whole = seen(page)
    page.keyboard.press("+")
    near = seen(page)
    assert np.ptp(near) == pytest.approx(np.ptp(whole) / 1.25)
    page.keyboard.press("ArrowRight")
    np.testing.assert_allclose(seen(page) - near, 0.1 * np.ptp(near))
    page.keyboard.press("-")
    page.keyboard.press("0")
    np.testing.assert_allclose(seen(page), whole)
    page.keyboard.press(" ")
    assert page.locator("#heading").inner_text() == "Decoded"
    np.testing.assert_allclose(place_in_panel(page)[0], whole.mean(), atol=1e-4)
    page.keyboard.press("Enter")
    first = page.locator("#heading").inner_text()
    page.keyboard.press("Tab")
    second = page.locator("#heading").inner_text()
    assert first.startswith("Sample ")
    assert second.startswith("Sample ")
    assert first != second
    assert second.split(" ·")[0] in page.locator("#status").inner_text()
    page.keyboard.press("Shift+Tab")
    assert page.locator("#heading").inner_text() == first
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#heading").inner_text() == first
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "panel"


def test_a_pointer_moves_and_zooms(visit, pca):
    page = visit(pca, FRAME.to_numpy())
    left, top = on_screen(page, corner(pca.transform(FRAME.to_numpy())))
    before = seen(page)
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 60, top, steps=3)
    page.mouse.up()
    moved = seen(page)
    assert np.ptp(moved) == pytest.approx(np.ptp(before))
    assert moved[0] < before[0]
    fixed = page.evaluate("(x) => latentExplorer.toPlane(x, 100)[0]", 300)
    box = page.locator("#plot").bounding_box()
    page.mouse.move(box["x"] + 301, box["y"] + 100)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"latentExplorer.view.x[0] > {moved[0]}")
    assert np.ptp(seen(page)) < np.ptp(moved)
    again = page.evaluate("(x) => latentExplorer.toPlane(x, 100)[0]", 300)
    assert again == pytest.approx(fixed, abs=1e-6)


def touch(client, kind, *places):
    points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
    client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_fingers_decode_and_zoom(visit, pca):
    page = visit(pca, FRAME.to_numpy(), width=400, has_touch=True)
    left, top = on_screen(page, corner(pca.transform(FRAME.to_numpy())))
    page.touchscreen.tap(left, top)
    page.wait_for_function("document.getElementById('heading').textContent === 'Decoded'")
    before = seen(page)
    x, y = on_screen(page, [0, 0])
    client = page.context.new_cdp_session(page)
    touch(client, "touchStart", (x - 30, y), (x + 30, y))
    touch(client, "touchMove", (x - 60, y), (x + 60, y))
    touch(client, "touchEnd")
    page.wait_for_function(f"latentExplorer.view.x[0] > {before[0]}")
    assert np.ptp(seen(page)) == pytest.approx(np.ptp(before) / 2, rel=0.1)
    assert page.locator("#heading").inner_text() == "Decoded"


def test_it_is_dark_where_the_system_is_and_on_request(visit, pca):
    page = visit(pca, FRAME.to_numpy(), scheme="dark")
    theme = "document.documentElement.dataset.theme"
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(theme) == "dark"
    assert page.evaluate(background) == "rgb(20, 23, 27)"
    page.click("#theme")
    assert page.evaluate(theme) == "light"
    assert page.evaluate(background) == "rgb(251, 251, 250)"


def test_texts_of_users_are_texts(visit, pca):
    X = FRAME.set_axis([EVIL, "a'b", 'a"b', "a&b"], axis=1)
    X.index = [EVIL] * len(X)
    labels = pd.Series([EVIL, 'b"'] * 75, name=EVIL)
    page = visit(PCA(2).fit(X), X, labels=labels, title=EVIL)
    page.mouse.click(*on_screen(page, lonely(pca.transform(FRAME.to_numpy()), 1)[0]))
    assert EVIL in page.locator("#heading").inner_text()
    assert page.locator("tbody th").all_inner_texts() == list(X)
    assert page.title() == page.locator("h1").inner_text() == EVIL
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [320, 400, 1400])
def test_nothing_is_wider_than_the_window(visit, pca, width):
    X = FRAME.set_axis(["a" * 80, "b " * 40, "c", "d"], axis=1)
    labels = pd.Series(["class " * 20, "other"] * 75, name="what it is called " * 5)
    page = visit(PCA(2).fit(X), X, labels=labels, title="A" * 90, width=width)
    page.mouse.click(*on_screen(page, lonely(pca.transform(FRAME.to_numpy()), 1)[0]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
