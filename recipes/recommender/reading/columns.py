"""The columns of logs of shops, films, books, music, news and places, by the names that people and publishes use."""

from heedful.recipes.shared.reading.columns import Column, plain_name

USERS = ("user_id", "customer_id", "client_id", "member_id", "visitor_id", "reviewer_id")
USER = Column(
    "user",
    (
        *USERS, "uid", "customer", "client", "member", "visitor", "reviewer", "usr", "cust_id", "buyer_id", "buyer",
        "account_id", "profile_id", "person_id", "people_id", "viewer_id", "listener_id", "reader_id", "subscriber_id",
        "shopper_id", "household_key", "household_id", "msno", "user_idx", "user_index", "user_no", "user_hash",
        "user_name", "customer_no", "customer_number", "steam_id", "author.steamid", "author_id", "full_visitor_id",
        "client_no", "cookie_id", "device_id", "anonymous_id", "u", "author", "profile_name",
        "review_profilename", "email", "customer_email", "user_email",
        "review/userId", "Kunde", "Kunden_ID", "Kundennummer", "Kundennr", "Kunden_Nr", "Benutzer", "Benutzer_ID",
        "Nutzer", "Nutzer_ID", "Käufer", "Utilisateur", "ID_utilisateur", "Utilisateur_ID", "ID_client", "Acheteur",
        "Numéro_client", "Usuario", "ID_usuario", "Usuario_ID", "Cliente", "ID_cliente", "Cliente_ID", "Comprador",
        "Usuário_ID", "Utente", "ID_utente",
        "用户", "用户id", "用户编号", "客户", "客户id", "客户编号", "会员", "会员id", "顾客",
        "ユーザー", "ユーザーid", "ユーザid", "顧客", "顧客id", "顧客コード", "会員", "会員id", "会員番号",
    ),
    rivals=USERS, numbers=True,
)  # fmt: skip
VISIT = Column(
    "session",
    (
        "session_id", "user_session", "visit_id", "Sitzung", "Sitzungs_ID", "Sitzungsnummer", "ID_session", "Sesión",
        "ID_sesión", "Sessão", "ID_sessão", "Sessione", "ID_sessione", "会话", "会话id", "セッション", "セッションid",
    ),
    obligatory=False, numbers=True,
)  # fmt: skip
SESSION = Column(  # also of orders, where nothing else holds together what somebody took
    VISIT.name,
    (
        *VISIT.also, "sid", "basket_id", "cart_id", "order_id", "invoice_id", "invoice", "invoice_no", "transaction_id",
        "playlist_id", "pid", "Warenkorb", "Bestellnummer", "Bestellung", "Auftragsnummer", "Rechnungsnummer",
        "Commande", "Panier", "Pedido", "Ordine", "订单", "订单号", "注文番号",
    ),
    obligatory=False, numbers=True,
)  # fmt: skip
ITEMS = ("item_id", "product_id", "article_id", "movie_id", "book_id")
ITEM = Column(
    "item",
    (
        *ITEMS, "parent_asin", "asin", "iid", "item_no", "movie", "product", "article", "sku", "sku_id", "book", "isbn",
        "business_id", "track_id", "track_uri", "song_id", "video_id", "news_id", "game_id", "app_id", "anime_id",
        "stock_code", "product_code", "article_no", "goods_id", "poi_id", "venue_id", "location_id", "gmap_id",
        "recipe_id", "beer_beerid", "beer_id", "hotel_id", "listing_id", "restaurant_id", "place_id", "course_id",
        "content_id", "creative_id", "joke_id", "ad_group_id", "adgroup_id", "ad_id", "post_id", "artist_id", "aid",
        "item_idx", "item_index", "offer_id", "coupon_id", "product/productId", "i", "track", "song", "video", "game",
        "app_name", "artist", "news", "vod_id", "program_id", "show_id", "episode_id", "store_id", "merchant_id",
        "lineitem_sku", "lineitem_name",
        "Artikel", "Artikel_ID", "Artikelnummer", "Artikelnr", "Artikel_Nr", "Produkt", "Produkt_ID", "Produktnummer",
        "Film", "Film_ID", "Buch", "Buch_ID", "Ware", "Produit", "Produit_ID", "ID_produit", "ID_article", "Référence",
        "Livre", "Producto", "ID_producto", "Producto_ID", "Artículo", "ID_artículo", "Libro", "Película", "Produto",
        "ID_produto", "Produto_ID", "Artigo", "Livro", "Filme", "Prodotto", "ID_prodotto", "Articolo", "ID_articolo",
        "商品", "商品id", "商品编号", "物品", "物品id", "产品", "产品id", "电影", "电影id", "书籍",
        "歌曲", "视频", "文章",
        "商品コード", "商品番号", "アイテム", "アイテムid", "品番", "作品", "作品id", "映画", "本",
    ),
    rivals=ITEMS, numbers=True,
)  # fmt: skip
SEQUENCE = Column(
    "items",
    (
        "item_id_list", "item_list", "item_ids", "item_seq", "item_sequence", "sequence", "history", "click_history",
        "user_history", "hist", "hist_item_id", "history_list", "product_ids", "products", "product_list", "movies",
        "movie_ids", "books", "articles", "article_ids", "tracks", "songs", "aids", "events", "clicks", "purchases",
        "interactions", "session_items", "basket", "actions", "line_items", "order_items", "order_lines", "cart",
        "skus", "product_details", "Artikelliste", "Produkte", "Verlauf",
    ),
    obligatory=False,
)  # fmt: skip
TIMES = Column(
    "timestamps", ("timestamp_list", "time_list", "times", "time_seq", "ts_list", "dates", "timestamp_seq"),
    obligatory=False,
)  # fmt: skip
TIME = Column(
    "timestamp",
    (
        "time", "ts", "event_time", "event_timestamp", "unixReviewTime", "unix_time", "datetime", "date_time",
        "created_at", "created", "creation_time", "creation_date", "timestamp_created", "InvoiceDate", "t_dat",
        "order_date", "order_time", "order_timestamp", "order_purchase_timestamp", "purchase_date", "purchase_time",
        "purchased_at", "transaction_date", "transaction_time", "trans_date", "sale_date", "visit_time", "visit_date",
        "view_time", "click_time", "play_time", "played_at", "listened_at", "watched_at", "rated_at", "rating_date",
        "rating_timestamp", "review_time", "review_date", "review/time", "reviews.date", "timeframe", "date",
        "event_date", "eventdate", "date_added", "read_at", "date_updated", "checkin_time", "check_in_time", "utc_time",
        "utc_timestamp", "server_time", "request_time", "log_time", "action_time", "behavior_time", "occurred_at",
        "impression_time", "server_timestamp", "timestamp_ms", "ts_ms", "epoch", "unixtime", "updated_at", "day",
        "invoice_time", "t", "posted_at", "submit_date", "order_number", "add_to_cart_order", "position",
        "Zeit", "Zeitpunkt", "Zeitstempel", "Datum", "Bestelldatum", "Kaufdatum", "Rechnungsdatum", "Belegdatum",
        "Horodatage", "Date_achat", "Date_commande", "Fecha", "Fecha_hora", "Fecha_compra", "Fecha_pedido",
        "Marca_de_tiempo", "Data", "Data_hora", "Data_ora", "Data_compra", "Data_acquisto", "Data_ordine",
        "时间", "时间戳", "日期", "下单时间", "购买时间", "点击时间", "交易时间", "创建时间",
        "時間", "時刻", "日時", "日付", "タイムスタンプ",
        "購入日", "購入日時", "注文日", "注文日時", "購買日時",
    ),
    obligatory=False, numbers=True,
)  # fmt: skip
PARTS_OF_TIME = (
    Column("year", ("yr", "Jahr", "année", "año", "ano", "anno", "rok", "年")),
    Column("month", ("mon", "Monat", "mois", "mes", "mês", "mese", "miesiąc", "月")),
    Column("day", ("day_of_month", "Tag", "jour", "día", "dia", "giorno", "dzień", "日")),
    Column("hour", ("hr", "time", "hour_of_day", "order_hour_of_day", "Stunde", "Uhrzeit", "Zeit", "heure", "hora",
                    "ora", "godzina", "saat", "时间", "時間", "時刻", "시간")),
    Column("minute", ("min", "minutes")), Column("second", ("sec", "seconds")),
)  # fmt: skip
RATING = Column(
    "rating",
    (
        "overall", "score", "stars", "book_rating", "user_rating", "movie_rating", "review_rating", "review_score",
        "review/score", "review_overall", "star_rating", "ratings", "rate", "is_recommended", "recommend", "weight",
        "Bewertung", "Sterne", "Note", "Évaluation", "Valoración", "Puntuación", "Calificación", "Avaliação", "Nota",
        "Voto", "Valutazione", "Punteggio", "评分", "打分", "分数", "評価", "点数",
    ),
    numbers=True,
)  # fmt: skip
QUANTITY = Column(
    "quantity",
    ("qty", "Menge", "Anzahl", "Stückzahl", "Quantité", "Qté", "Cantidad", "Quantidade", "Quantità", "数量", "Ilość",
     "Adet", "Aantal", "Antal", "Количество", "Množství", "Ποσότητα", "Jumlah", "수량", "數量", "qty_ordered"),
    obligatory=False, numbers=True,
)  # fmt: skip
EVENT = Column(
    "event",
    ("event_type", "action", "action_type", "behavior", "behavior_type", "type", "interaction_type", "event_name",
     "order_status", "status"),
    obligatory=False,
)  # fmt: skip
TAKEN_BACK = (
    "remove_from_cart", "removefromcart", "refund", "return", "returned", "cancel", "cancelled", "canceled",
    "refunded", "wc-refunded", "wc-cancelled", "wc-failed", "failed", "storniert", "annulé", "annullato", "cancelado",
)  # fmt: skip
TITLE = Column(
    "title",
    (
        "name", "item_name", "item_title", "movie_title", "book_title", "product_name", "product_title", "prod_name",
        "track_name", "song_name", "song", "artist_name", "game_name", "app_name", "original_title",
        "title_without_series",
        "venue", "news_title", "anime_title", "recipe_name", "business_name", "description", "item_description",
        "product_description", "caption", "headline", "lineitem_name", "beer_name", "hotel_name",
        "Titel", "Bezeichnung", "Artikelbezeichnung", "Produktname", "Beschreibung", "Titre", "Nom", "Libellé",
        "Désignation", "Título", "Nombre", "Descripción", "Nome", "Descrição", "Titolo", "Descrizione",
        "标题", "名称", "商品名称", "电影名", "书名", "歌名", "タイトル", "題名", "商品名", "名前", "名称",
    ),
    obligatory=False, numbers=True,
)  # fmt: skip
FEATURES = Column(
    "genres",
    (
        "genre", "categories", "category", "category_code", "class", "classes", "tags", "main_category", "main_cat",
        "product_category", "product_category_name", "category_name", "product_type_name", "subcategory", "department",
        "feat", "features", "topics", "beer_style", "category_id", "Kategorie", "Kategorien", "Warengruppe", "Genres",
        "Catégorie", "Catégories", "Categoría", "Categorías", "Género", "Categoria", "Categorias", "Genere",
        "类别", "分类", "类型", "ジャンル", "カテゴリ", "カテゴリー",
    ),
    obligatory=False, numbers=True,
)  # fmt: skip
ITEM_ITSELF = Column(  # in a table of items, where every row is one
    ITEM.name, (*ITEM.also, "id", "item_key", "key", "url", "code", "no", "number", "newsid", "Nummer", "编号", "番号")
    , numbers=True,
)  # fmt: skip
ASKED = (USER, ITEM, TIME, RATING, QUANTITY, EVENT, TITLE, FEATURES, SESSION)  # what `--columns` may choose
KNOWN = (*ASKED, SEQUENCE, TIMES)
# beside a title of its own:
REVIEW = ("text", "review_text", "review", "review_body", "comment", "review_content", "content")
NAMES = frozenset(plain_name(name) for column in (*KNOWN, ITEM_ITSELF) for name in (column.name, *column.also))


def is_known(name: str) -> bool:
    """Whether a cell is the name of a column of a log or of its items; a letter alone may be anything."""
    plain = plain_name(name)
    return plain in NAMES and (len(plain) > 1 or not plain.isascii())
