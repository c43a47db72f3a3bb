"""Small text backbones of KerasHub with their tokenizers, of random weights, saved as presets."""

import json
from pathlib import Path
from typing import Any

import keras

from heedful.apps.tokenizer import byte_characters

TEXTS = (
    "how much is the fine",
    "what does a lost card cost",
    "the café opens at nine, doesn't it?",
    "when do you close",
)
LONGEST = 40  # tokens
SIZES = {"num_layers": 2, "num_heads": 2, "hidden_dim": 12, "intermediate_dim": 20, "max_sequence_length": LONGEST}
LETTERS = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS), "the", "card"]


def word_pieces(folder: Path, name: str) -> Path:
    """`name` is that of its classes: "Bert", "DistilBert", "Electra"."""
    import keras_hub

    sizes = dict(SIZES)
    if name == "Electra":
        sizes["embedding_dim"] = 10
    tokenizer = getattr(keras_hub.models, f"{name}Tokenizer")(vocabulary=PIECES, lowercase=True)
    return saved(folder, tokenizer, getattr(keras_hub.models, f"{name}Backbone")(len(PIECES), **sizes))


def byte_pairs(folder: Path, name: str) -> Path:
    """`name` is that of its classes: "Roberta", "Bart", "GPT2"."""
    import keras_hub
    import tokenizers

    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = [*byte_characters().values()]
    made.train_from_iterator(
        TEXTS * 2, tokenizers.trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet, show_progress=False)
    )
    state = json.loads(made.to_str())["model"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in state["merges"]]
    special = ["<|endoftext|>"] if name == "GPT2" else ["<s>", "<pad>", "</s>", "<mask>"]
    names = [*special, *sorted(state["vocab"], key=state["vocab"].__getitem__)]
    tokenizer = getattr(keras_hub.models, f"{name}Tokenizer")(
        vocabulary={token: number for number, token in enumerate(names)}, merges=merges
    )
    return saved(folder, tokenizer, getattr(keras_hub.models, f"{name}Backbone")(len(names), **SIZES))


def sentence_pieces(folder: Path) -> Path:
    """An Albert."""
    import keras_hub
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 9), model_prefix=str(folder / "pieces"), vocab_size=40, minloglevel=2,
        pad_id=0, unk_id=1, bos_id=2, eos_id=3, pad_piece="<pad>", unk_piece="<unk>", bos_piece="[CLS]",
        eos_piece="[SEP]", user_defined_symbols="[MASK]",
    )  # fmt: skip
    tokenizer = keras_hub.models.AlbertTokenizer(proto=(folder / "pieces.model").read_bytes())
    return saved(folder, tokenizer, keras_hub.models.AlbertBackbone(40, embedding_dim=10, **SIZES))


def saved(folder: Path, *parts: Any) -> Path:
    for part in parts:
        part.save_to_preset(str(folder))
    return folder


def made(folder: Path, name: str) -> Path:
    """A preset of the kind of `name` in `folder`, the same each time."""
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(3)
    if name == "Albert":
        return sentence_pieces(folder)
    return (word_pieces if name in ("Bert", "DistilBert", "Electra") else byte_pairs)(folder, name)
