"""Whether names look like words that are said or like the people who say them.

Folders of speakers in folders of words and folders of words in folders of speakers have the same shape; only the names
tell them apart. It is a guess, which is said, and which naming the words (`--set words=`) puts right.
"""

import re
from collections.abc import Collection

_WORDS = """
yes no up down left right on off stop go zero one two three four five six seven eight nine ten bed bird cat dog happy
house marvin sheila tree wow backward forward follow learn visual start open close help back next previous play pause
volume light lights lamp door window music call hello hi hey bye silence noise unknown other more less louder quieter
red green blue white forwards backwards reverse wake sleep ok okay cancel again faster slower
ja nein auf ab links rechts an aus halt los weiter zurück hallo welt tschüss licht tür eins zwei drei vier fünf sechs
sieben acht neun null zehn vor hoch runter lauter leiser
oui non haut bas gauche droite marche arrêt stop allume éteins bonjour salut un deux trois quatre cinq sept huit neuf
dix zéro avance recule
sí si arriba abajo izquierda derecha encender apagar alto parar hola adiós uno dos tres cuatro cinco seis siete ocho
nueve diez cero adelante atrás
sì su giù sinistra destra acceso spento ferma vai ciao due tre quattro cinque sei sette otto nove dieci avanti indietro
sim não cima baixo esquerda direita ligar desligar pare olá um dois três quatro oito
omhoog omlaag aan uit een twee drie tak nie góra dół lewo prawo jeden dwa trzy да нет вверх вниз влево вправо стоп
вперед назад 开灯 关灯 上 下 左 右 是 不 停 走 打开 关闭 はい いいえ 예 아니오
"""
_PEOPLE = """
anna anne ben bob carl carla carol charlie chris clara daniel dan dave david emma eva felix frank fred george hans ian
ida jack jackson jan jane jim joe john julia karl kate laura lea lena leo lisa lucas luis lukas maria marie mark martin
mary max mia michael mike mohamed nicolas nina noah olga oscar otto paul peter pierre rita robert rosa sam sara sarah
sofia sophie steve susan theo thomas tim tina tom ute uwe yweweler alice bea ada alex amy andrew
man men woman women boy boys girl girls male female child children
"""
_RECORDERS = """
recording record rec audio aud sound voice memo clip take track sample file wav untitled new ptt whatsapp wa zoom tascam
dw dictation aufnahme aufzeichnung sprache sprachmemo sprachnachricht neue enregistrement nouvel grabación grabacion
nueva nota registrazione gravação gravacao opname nagranie запись 录音 新录音 録音 녹음
"""
WORDS, PEOPLE, RECORDERS = (frozenset(names.split()) for names in (_WORDS, _PEOPLE, _RECORDERS))
PERSON = re.compile(
    r"(?:speakers?|spk|spkr|subjects?|subj|sub|participant|person|people|user|client|voice|talker|actor|child|kid|man|"
    r"woman|male|female|boy|girl|sprecher|sprecherin|locuteur|hablante|orador|id|uid|pid|sid|usr|[a-z]{1,2})"
    r"[\W_]*\d+[a-z]?|(?:speaker|spk|person|participant|subject|actor|user|voice)[\W_]*[a-z]|"
    r"(?=[0-9a-f]*\d)[0-9a-f]{6,}|0\d+|\d{2,}|[0-9a-f]{8}-[0-9a-f-]{27}"
)


def like_person(name: str) -> bool:
    """`speaker3`, `p07`, `0a7c2a8d`, `012`, `anna`."""
    name = name.casefold().strip()
    return bool(PERSON.fullmatch(name)) or name in PEOPLE


def like_recorder(name: str) -> bool:
    """`Aufnahme`, `New Recording`, `PTT`: what machines call files, which is nobody who speaks."""
    return any(part.isalpha() and part in RECORDERS for part in re.split(r"[\W_\d]+", name.casefold()))


def like_word(name: str) -> bool:
    """`up`, `Licht`, `7`, `turn_on`."""
    name = name.casefold().strip()
    if name.isdigit():
        return len(name) == 1
    return name in WORDS or (not like_person(name) and any(part in WORDS for part in re.split(r"[\W_]+", name)))


def wordiness(names: Collection[str], known: Collection[str] = ()) -> float:
    """From -1, all are people, to 1, all are words; more where they are those that are `known` to be wanted."""
    wanted = {name.casefold() for name in known}
    if not names:
        return -1.0
    share = sum(like_word(name) - like_person(name) for name in names) / len(names)
    return share + 3 * bool(wanted & {name.casefold() for name in names})
