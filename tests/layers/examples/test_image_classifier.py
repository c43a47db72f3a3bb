"""The image classifier, trained for a few seconds: it knows the shape, and its map points at it."""

from pathlib import Path

from heedful.layers.examples import image_classifier


def test_it_names_the_shape_and_points_at_it() -> None:
    figures = image_classifier.run(examples=3000, epochs=5)
    # 1000 held-out pictures leave an error of 0.016 at most.
    assert figures["accuracy of the commonest label"] < 0.25
    assert figures["accuracy"] > 0.8
    assert figures["peak on the shape by chance"] < 0.1
    assert figures["peak of the map on the shape"] > 0.8


def test_the_shape_is_where_its_corner_says() -> None:
    images, labels, corners = image_classifier.pictures(300, seed=3)
    stamps = list(image_classifier.SHAPES.values())
    for image, label, (left, top) in zip(images[..., 0], labels, corners, strict=True):
        lit = image[top : top + image_classifier.SHAPE, left : left + image_classifier.SHAPE][stamps[label]]
        assert lit.mean() > 0.9, "clutter alone has a mean of 0.1"


def test_it_is_short() -> None:
    assert len(Path(image_classifier.__file__).read_text(encoding="utf-8").splitlines()) < 80
