"""postern train, as far as it needs no scikit-learn."""

from pathlib import Path

from cli.main import main
from digest.category.concepts import read_concepts, shipped_concepts


def test_a_check_of_the_table_writes_nothing(tmp_path: Path) -> None:
    weights = str(tmp_path / "weights.tsv")
    words = ["train", "--concepts", "--check"]
    assert main([*words, "--output", weights]) == 1
    assert not list(tmp_path.iterdir())
    assert main(words) == 0


def test_the_table_of_concepts_is_made_anew_beside_the_weights(tmp_path: Path) -> None:
    assert main(["train", "--concepts", "--output", str(tmp_path / "weights.tsv")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["concepts.tsv"]
    assert read_concepts((tmp_path / "concepts.tsv").read_text("utf-8")) == shipped_concepts()
