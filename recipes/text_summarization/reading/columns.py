"""Which column of a table is the document and which its summary: by the names of the field and of many languages, and
where these do not tell, by what is in them: `by_content`.

A name such as `source` is a text in one table and a newspaper in another, `label` a summary or a class. Such names
count only where the content bears them out, or where nothing else is there.
"""

import re
from collections.abc import Mapping, Sequence
from statistics import fmean

from heedful.recipes.shared.reading.columns import SPLIT, Column, Samples, plain_name
from heedful.recipes.shared.reading.words import word_count

TEXTS = (
    "article document", "text", "body", "article", "dialogue", "content", "story", "passage", "article text",
    "article content", "article body", "full text", "full article", "email body", "main text", "ctext",
    "selftext without tldr", "selftext", "documents", "articles", "texts", "dialog", "conversation", "transcript",
    "meeting transcripts",
    "chapter", "report", "report body", "paragraph", "paragraphs", "sections", "section text", "long text", "contents",
    "bill text", "bill", "post", "news", "news article", "email", "message", "maintext", "original text", "original",
    "doc", "document text", "clean text",
    "clean article", "review text", "review body", "review", "sentences", "stories",
    "dokument", "texte", "artikel", "inhalt", "volltext", "fliesstext", "nachricht", "beitrag", "bericht", "gespraech",
    "gespräch", "corps", "contenu", "texte integral", "texto", "articulo", "artigo", "contenido", "conteudo", "cuerpo",
    "corpo", "documento", "noticia", "dialogo", "testo", "articolo", "contenuto", "notizia", "tekst", "inhoud",
    "bericht", "текст", "статья", "документ", "содержание", "новость", "текст статьи", "metin", "makale", "icerik",
    "içerik", "belge", "haber", "haber metni", "artykul", "artykuł", "tresc", "treść",
    "正文", "全文", "原文", "文章", "内容", "內容", "内文", "內文", "文本", "文档", "新闻", "新聞", "文章内容",
    "新闻内容", "本文", "記事", "記事本文", "文書", "テキスト", "本文テキスト",
    "본문", "원문", "문서", "기사", "내용", "텍스트", "기사본문", "النص", "نص",
)  # fmt: skip
SUMMARIES = (
    "summary text", "article summary", "reference summary", "human summary", "gold summary", "document summary",
    "short summary", "long summary", "summary1", "summary 1", "abstractive summary",
    "clean summary", "highlights", "highlight", "tldr",
    "tl;dr", "gist", "synopsis", "zusammenfassung", "kurzfassung", "inhaltsangabe", "resume", "sommaire", "resumen",
    "sumario", "resumo", "riassunto", "sintesi", "sommario", "samenvatting", "резюме", "аннотация",
    "краткое содержание", "реферат", "саммари", "özet", "ozet", "streszczenie", "podsumowanie",
    "摘要", "总结", "總結", "概要", "概括", "简介", "要約", "要旨", "요약", "요약문", "초록", "ملخص", "الملخص",
    "headline", "headlines", "title", "titles", "subject", "subject line", "heading", "headline text", "article title",
    "trimmed title", "news title", "titel", "ueberschrift", "überschrift", "schlagzeile", "betreff", "kurztext",
    "titre", "objet", "chapeau", "titulo", "titular", "asunto", "manchete", "assunto", "titolo", "oggetto",
    "onderwerp", "kop", "заголовок", "название", "тема", "baslik", "başlık", "tytul", "tytuł",
    "标题", "標題", "题目", "題目", "主题", "主題", "見出し", "タイトル", "件名", "題名", "제목", "عنوان", "العنوان",
    "abstract", "abst", "abstract text", "summaries", "short text",
)  # fmt: skip
MAYBE_TEXTS = (
    "source", "src", "input", "inputs", "context", "prompt", "question", "user", "human", "instruction", "sentence",
    "sentence1", "text1", "x", "messages user", "messages human", "conversations human", "conversations user",
    "abstract", "abst", "abstract text", "description",
)  # fmt: skip
MAYBE_SUMMARIES = (
    "target", "tgt", "output", "outputs", "response", "answer", "completion", "assistant", "gpt", "reference", "label",
    "labels", "description", "caption", "lead", "subtitle", "sentence2", "text2", "y", "messages assistant",
    "messages gpt", "conversations gpt", "conversations assistant",
)  # fmt: skip
ABOUT = (  # what tables say of a text besides
    "author", "authors", "id", "url", "link", "links", "date", "publisher", "publication", "category", "section",
    "topic", "tags", "keywords", "language", "lang", "image", "urltoimage", "read more", "file name", "fname", "index",
    "split", "license", "site", "domain", "time", "published at", "created at",
)  # fmt: skip
DOCUMENT = Column("document", TEXTS, rivals=("text", "ctext", "body", "article", "content"), maybe=MAYBE_TEXTS)
SUMMARY = Column("summary", SUMMARIES, rivals=("short summary", "long summary"), maybe=MAYBE_SUMMARIES)
COLUMNS = (DOCUMENT, SUMMARY, SPLIT)

DATE = re.compile(r"[\d\s.,:/+TZ-]*\d[\d\s.,:/+TZ-]*|\D{0,12}\d{1,2}\D{1,12}\d{4}.{0,12}")
ANY_DOCUMENT = Column("document", (*TEXTS, *MAYBE_TEXTS[:-4]))
ANY_SUMMARY = Column("summary", (*SUMMARIES, *MAYBE_SUMMARIES))
FAR = 0.25  # a column that is shorter than this share of the longest is no document, whatever its name
NEAR = 0.5  # a column that is half as long as the longest may be the document as well
CLASSES = 0.2  # share of different cells below which they are classes


def by_content(samples: Samples, found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What may be the document and the summary where names do not tell both, the best first; several where nothing
    says which."""
    taken = {role: names[0] for role, names in found.items() if names}
    free = [name for name in samples if samples[name] and name not in taken.values()]
    lengths = {name: fmean(map(len, samples[name])) for name in samples if samples[name]}
    texts = [name for name in free if is_text(name, samples[name])]
    guessed: dict[str, list[str]] = {}
    if "document" not in taken:
        least = lengths.get(taken["summary"], 0) if "summary" in taken else 0  # a column may have no name
        guessed["document"] = _documents([name for name in texts if lengths[name] > least], lengths)
        if not guessed["document"] and any(lengths[name] < least for name in texts):
            guessed["document"] = [taken.pop("summary")]  # of which another column is the title
        taken["document"] = next(iter(guessed["document"]), "")
    if "summary" not in taken and len(guessed.get("document", [""])) == 1:
        longest = lengths.get(taken["document"], 0)
        free = [name for name in free if name != taken["document"] and not name.startswith(f"{taken['document']}.")]
        shorter = [name for name in texts if name in free and lengths[name] < longest]
        guessed["summary"] = _named(shorter, ANY_SUMMARY) or shorter or _named(free, ANY_SUMMARY)
    if "document" in guessed and not guessed["document"]:
        guessed["document"] = _named([name for name in free if name not in guessed.get("summary", ())], ANY_DOCUMENT)
    return guessed


def is_text(name: str, cells: Sequence[str]) -> bool:
    """Whether a column holds texts, and neither addresses nor dates, numbers, classes or people."""
    if plain_name(name) in map(plain_name, ABOUT):
        return False
    if len(cells) > 1 and len(set(cells)) <= max(1, CLASSES * len(cells)):
        return False
    if all(map(DATE.fullmatch, cells[:20])):
        return False
    return fmean(word_count(cell[:2000]) for cell in cells) >= 2


def _documents(names: Sequence[str], lengths: Mapping[str, float]) -> list[str]:
    """The column that names tell, else the longest with all that are about as long."""
    longest = sorted(names, key=lambda name: -lengths[name])

    def above(share: float) -> list[str]:
        return [name for name in longest if lengths[name] >= share * lengths[longest[0]]]

    return _named(above(FAR), ANY_DOCUMENT) or [name for name in above(NEAR) if name.rpartition(".")[0] not in names]


def _named(names: Sequence[str], column: Column) -> list[str]:
    """The column whose name comes first among those of a role."""
    best = column.find(names)
    return [] if best is None else [best]
