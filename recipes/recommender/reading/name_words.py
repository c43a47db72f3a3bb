"""What a column may be by the words in its name, where the whole name is not known: `item_product_id`, `Nr klienta`.

A word counts in any place of the name if it is long or of another script, and as a word of its own if it is short.
"""

import re
from collections.abc import Sequence
from functools import cache

from heedful.recipes.shared.reading.columns import plain_name

USER = (
    "user usr uid cust customer client klient kund kunde member visitor shopper buyer subscriber viewer "
    "listener reader "
    "nutzer kaufer utilisateur acheteur usuari utente cliente comprador klant gebruiker bruker musteri "
    "kullanici "
    "uzytkownik zakaznik uzivatel pelanggan pengguna distinct mcvisid account πελατη χρηστη клиент "
    "пользовател покупател "
    "العميل المستخدم 고객 회원 사용자 用户 用戶 客户 客戶 会员 會員 顧客 買家 ユーザ"
)
ITEM = (
    "item product produkt produto producto prodotto produit proizvod article artikel artigo articulo "
    "articolo sku asin "
    "isbn ean gtin upc barcode movie film book buch livre libro track song video game kniha ksiazka kitap urun "
    "προϊον товар продукт книг фильм المنتج 상품 제품 도서 영화 商品 物品 产品 產品 製品 電影 品番"
)
ID = (
    "id ids key hash no nr num number code codes uri guid uuid codigo codice kod kodu kode numero numer "
    "cislo nummer "
    "reference referencia riferimento pseudo "
    "идентификатор код номер артикул κωδικ 번호 코드 编号 編號 编码 コード 番号 代码"
)
OTHER = (  # of things that are neither a person nor what is taken
    "type category categor categoria kategorie price preis prix prezzo precio amount total sum cost "
    "brand status state "
    "currency quantity qty count year jahr month age gender zip postal country city region name title "
    "email phone address "
    "device browser channel source medium group segment order invoice session event duration length "
    "rating score author autor auteur publisher shelf"
)
TIME = (
    "time date zeit datum fecha data heure horodat tarih czas tanggal waktu дата время ημερομηνια التاريخ "
    "날짜 일시 시간 日期 时间 時間 日時"
)
TITLE = (
    "title name titel titre titulo titolo tytul nazev nom nome nombre nazwa naam namn navn nama ad adi "
    "bezeichnung "
    "beschreibung libelle description descripcion descrizione descricao omschrijving benamning "
    "назван наименован ονομα τιτλο الاسم 이름 상품명 제품명 名 名称 名稱"
)
SESSION = "session sitzung sesion sesja sessao sessione seance oturum сесси сеанс الجلسة 세션 会话 會話 セッション"
LONG = 4  # letters
WORDS = re.compile(r"[A-ZÀ-Þ]?[^\W\d_A-ZÀ-Þ]+|[A-ZÀ-Þ]+|\d+")


def has(name: str, words: str) -> bool:
    """Whether any of the words is in a name."""
    whole, own = plain_name(name), {plain_name(word) for word in WORDS.findall(name)}
    return any(word in own or ((len(word) >= LONG or not word.isascii()) and word in whole) for word in _plain(words))


def best(names: Sequence[str], words: str) -> list[str]:
    """Those of the names that may be the id of what the words say: those that say id, or else all with "
    "such a word."""
    own = {name: name.rpartition(".")[2] for name in names}  # of what is below an object, its own name
    found = [name for name in names if has(own[name], words)]
    plain = [name for name in found if not has(own[name], OTHER)]
    return [name for name in plain if has(own[name], ID)] or plain


@cache
def _plain(words: str) -> tuple[str, ...]:
    return tuple(map(plain_name, words.split()))
