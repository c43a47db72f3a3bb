"""One log, written in the ways that data sets are published and offices export: the same histories come out of all."""

import bz2
import datetime
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from openpyxl import Workbook

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.reading.summary import read_lines
from heedful.recipes.recommender.reading.table import describe_report, read

START = 1_388_534_400  # 2014-01-01
USERS, ITEMS = 11, 13
RANDOM = np.random.default_rng(7)


class Action(NamedTuple):
    user: int
    item: int
    stars: int
    time: int


LOG = [
    Action(user, int(item), int(RANDOM.integers(1, 6)), START + 86_400 * 37 * place + 3601 * user + place)
    for user in range(1, USERS + 1)
    for place, item in enumerate(RANDOM.choice(np.arange(1, ITEMS + 1), int(RANDOM.integers(4, 9)), replace=False))
]
SHUFFLED = [LOG[place] for place in RANDOM.permutation(len(LOG))]  # so that only the times tell the order
NEWEST_FIRST = sorted(LOG, key=lambda action: -action.time)
HISTORIES = {user: [action.item for action in LOG if action.user == user] for user in range(1, USERS + 1)}


def utc(time: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(time, datetime.UTC)


def of(action: Action) -> dict[str, Any]:
    """What the forms of lines name: `{user}`, and times as people write them."""
    time = utc(action.time)
    day = {"day": f"{time:%Y-%m-%d}", "clock": f"{time:%H:%M:%S}", "english": f"{time:%a %b %d %H:%M:%S}"}
    return (
        action._asdict()
        | day
        | {"year": time.year, "american": f"{time.month}/{time.day}/{time.year} {time.hour}:{time:%M}"}
    )


def lines(form: Callable[[Action], str], log: list[Action] = SHUFFLED, header: str = "") -> str:
    return (header + "\n" if header else "") + "".join(form(action) + "\n" for action in log)


def records(form: Callable[[Action], dict[str, Any]], log: list[Action] = SHUFFLED) -> str:
    return lines(lambda action: json.dumps(form(action)), log)


def sequences(form: Callable[[int, list[int]], str], header: str = "") -> str:
    return (header + "\n" if header else "") + "".join(form(user, items) + "\n" for user, items in HISTORIES.items())


def asin(item: int) -> str:
    return f"B{item:09d}"


def workbook(header: list[str], rows: list[list[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (header, *rows):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parquet(columns: dict[str, list[Any]]) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), stream)
    return stream.getvalue()


def zipped(name: str, content: str, **more: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for member, text in {name: content, **more}.items():
            archive.writestr(member, text)
    return stream.getvalue()


def column(name: str) -> list[Any]:
    return [getattr(action, name) for action in SHUFFLED]


class Case(NamedTuple):
    """Files by name, and what is to be found in them beside the histories."""

    files: Mapping[str, str | bytes]
    says: tuple[str, ...] = ()  # in the report
    title: Callable[[int], str] | None = None  # of an item
    features: tuple[str, ...] | None = None  # of item 1
    give: str = ""  # which of the files; "": the folder
    columns: dict[str, str] | None = None
    user: Callable[[int], str] = str
    item: Callable[[int], str] = str


COMMAS = "user_id,item_id,rating,timestamp"
ROW = "{0.user},{0.item},{0.stars},{0.time}".format
TABS = "{0.user}\t{0.item}\t{0.stars}\t{0.time}".format
CSV = lines(ROW, header=COMMAS)
FLAGS = "|".join("1" if place in (1, 5) else "0" for place in range(19))
NO_TIME = "no column of times: the order of the file is taken for the order of time"
CASES = {
    # MovieLens (grouplens.org): README of each
    "MovieLens 100k": Case(
        {
            "ml-100k/u.data": lines(TABS),
            "ml-100k/u.item": "".join(
                f"{i}|Café {i} (1997)|01-Jan-1997||http://x?{i}|{FLAGS}\n" for i in range(1, 14)
            ).encode("latin-1"),
            "ml-100k/u1.base": lines(TABS, LOG[:30]),
            "ml-100k/u1.test": lines(TABS, LOG[30:]),
            "ml-100k/u.user": "".join(f"{u}|24|M|writer|85711\n" for u in range(1, 12)),
            "ml-100k/README": "About it.",
            "ml-100k/u.genre": "Action|1\n",
        },
        ("u.data (interactions, a table separated by tabs without a header", "u.item (items", "not read:", "u1.base"),
        lambda item: f"Café {item} (1997)",
        ("Action", "Comedy"),
    ),
    "MovieLens 1M": Case(
        {
            "ratings.dat": lines("{0.user}::{0.item}::{0.stars}::{0.time}".format),
            "movies.dat": "".join(f"{i}::Amélie {i}: le film (2001)::Comedy|War\n" for i in range(1, 14)).encode(
                "latin-1"
            ),
            "users.dat": "".join(f"{u}::F::1::10::48067\n" for u in range(1, 12)),
        },
        ("a table separated by double colons", "not read: users.dat"),
        lambda item: f"Amélie {item}: le film (2001)",
        ("Comedy", "War"),
    ),
    "MovieLens 25M": Case(
        {
            "ml-25m/ratings.csv": lines(
                "{0.user},{0.item},{0.stars}.0,{0.time}".format, header="userId,movieId,rating,timestamp"
            ),
            "ml-25m/movies.csv": "movieId,title,genres\n"
            + "".join(f'{i},"Film, {i} (1995)",Comedy|War\n' for i in range(1, 14)),
            "ml-25m/tags.csv": lines("{0.user},{0.item},funny,{0.time}".format, header="userId,movieId,tag,timestamp"),
            "ml-25m/links.csv": "movieId,imdbId,tmdbId\n" + "".join(f"{i},011{i},8{i}\n" for i in range(1, 14)),
            "ml-25m/genome-scores.csv": "movieId,tagId,relevance\n" + "".join(f"{i},1,0.0{i}\n" for i in range(1, 14)),
            "ml-25m/README.txt": "About it.",
        },
        ("ratings.csv", "not read: genome-scores.csv, links.csv, tags.csv"),
        lambda item: f"Film, {item} (1995)",
        ("Comedy", "War"),
    ),
    # RecBole (recbole.io): atomic files
    "RecBole atomic files": Case(
        {
            "x.inter": lines(TABS, header="user_id:token\titem_id:token\trating:float\ttimestamp:float"),
            "x.item": "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
            + "".join(f"{i}\tTitle {i}\tA B\n" for i in range(1, 14)),
            "x.user": "user_id:token\tage:float\n1\t7\n",
        },
        ("not read: x.user",),
        lambda item: f"Title {item}",
        ("A", "B"),
        give="x.inter",
    )._replace(says=()),
    "RecBole benchmark parts": Case(
        {
            f"x.{part}.inter": lines(
                "{0.user}\t{0.item}\t{0.time}".format, log, "user_id:token\titem_id:token\ttimestamp:float"
            )
            for part, log in (("train", SHUFFLED[:40]), ("valid", SHUFFLED[40:50]), ("test", SHUFFLED[50:]))
        },
        ("read one after the other: x.train.inter, x.valid.inter, x.test.inter",),
    ),
    "RecBole sequences": Case(
        {
            "s.inter": "user_id:token\titem_id_list:token_seq\titem_id:token\n"
            + "".join(
                f"{user}\t{' '.join(map(str, items[:end]))}\t{items[end]}\n"
                for user, items in HISTORIES.items()
                for end in range(1, len(items))
            ),
        },
        ("in sequences", NO_TIME),
    ),
    # SASRec (kang205), S3-Rec (RUCAIBox/CIKM2020-S3Rec), LightGCN (gusye1234): README of each
    "SASRec": Case({"Video.txt": lines("{0.user} {0.item}".format, LOG)}, (NO_TIME, "a table separated by blanks")),
    "S3-Rec": Case(
        {"Beauty.txt": sequences(lambda user, items: f"{user} {' '.join(map(str, items))}")},
        ("a line of items each", NO_TIME),
    ),
    "LightGCN in two parts": Case(
        {
            "train.txt": sequences(lambda user, items: f"{user} {' '.join(map(str, items[:-1]))}"),
            "test.txt": sequences(lambda user, items: f"{user} {items[-1]}"),
        },
        ("read one after the other: train.txt, test.txt",),
    ),
    "a user and its items in a cell": Case(
        {"log.tsv": sequences(lambda user, items: f"u{user}\t{' '.join(map(asin, items))}")},
        (NO_TIME, "in sequences"),
        user=lambda user: f"u{user}",
        item=asin,
    ),
    "sequences with a header": Case(
        {"seq.csv": sequences(lambda user, items: f'{user},"[{", ".join(map(str, items))}]"', "user_id,item_sequence")},
        (NO_TIME,),
    ),
    "sequences along the line": Case(
        {"seq.csv": sequences(lambda user, items: f"{user},{','.join(map(asin, items))}")},
        ("a line of items each",),
        item=asin,
    ),
    # OTTO (github.com/otto-de/recsys-dataset): README
    "OTTO sessions": Case(
        {
            "train.jsonl": "".join(
                json.dumps(
                    {
                        "session": user,
                        "events": [
                            {"aid": action.item, "ts": action.time * 1000, "type": "clicks"}
                            for action in LOG
                            if action.user == user
                        ],
                    }
                )
                + "\n"
                for user in HISTORIES
            ),
        },
        ("the times are milliseconds",),
    ),
    "lists by user in JSON": Case(
        {"log.json": json.dumps({f"u{user}": list(map(asin, items)) for user, items in HISTORIES.items()})},
        (NO_TIME,),
        user=lambda user: f"u{user}",
        item=asin,
    ),
    "lists of sessions in JSON": Case(
        {"log.json": json.dumps([list(map(asin, items)) for items in HISTORIES.values()])}, (NO_TIME,), item=asin
    ),
    # Amazon (jmcauley.ucsd.edu/data/amazon, nijianmo.github.io/amazon, amazon-reviews-2023.github.io)
    "Amazon 2014": Case(
        {
            "reviews_Beauty_5.json.gz": gzip.compress(
                records(
                    lambda a: {
                        "reviewerID": f"A{a.user}",
                        "asin": asin(a.item),
                        "reviewerName": "Ann",
                        "helpful": [0, 0],
                        "reviewText": 'fine, "really"',
                        "overall": float(a.stars),
                        "summary": f"Good {a.time}",
                        "unixReviewTime": a.time,
                        "reviewTime": "01 30, 2014",
                    }
                ).encode()
            ),
            "meta_Beauty.json.gz": gzip.compress(
                "".join(
                    str({"asin": asin(i), "title": f"Soap no. {i}", "price": 2.5, "categories": [["Beauty", "Bath"]]})
                    + "\n"
                    for i in range(1, 14)
                ).encode()
            ),
        },
        (),
        lambda item: f"Soap no. {item}",
        ("Beauty", "Bath"),
        user=lambda user: f"A{user}",
        item=asin,
    ),
    "Amazon 2014, ratings alone": Case(
        {"ratings_Beauty.csv": lines(lambda a: f"A{a.user:05d},{asin(a.item)},{float(a.stars)},{a.time}")},
        ("without a header",),
        user=lambda user: f"A{user:05d}",
        item=asin,
    ),
    "Amazon 2018, ratings alone": Case(
        {
            "Beauty.csv": lines(
                lambda a: f"{asin(a.item)},A{a.user:05d},{float(a.stars)},{a.time}", header="item,user,rating,timestamp"
            )
        },
        user=lambda user: f"A{user:05d}",
        item=asin,
    ),
    "Amazon 2023": Case(
        {
            "All_Beauty.jsonl.gz": gzip.compress(
                records(
                    lambda a: {
                        "rating": float(a.stars),
                        "title": f"Such a lovely scent {a.time}",
                        "text": "Nice.",
                        "images": [],
                        "asin": f"X{a.item}",
                        "parent_asin": asin(a.item),
                        "user_id": f"AG{a.user}",
                        "timestamp": a.time * 1000,
                        "helpful_vote": 0,
                    }
                ).encode()
            ),
            "meta_All_Beauty.jsonl.gz": gzip.compress(
                "".join(
                    json.dumps(
                        {
                            "main_category": "All Beauty",
                            "title": f"Soap no. {i}",
                            "parent_asin": asin(i),
                            "categories": ["Bath"],
                            "details": {"a": "b"},
                        }
                    )
                    + "\n"
                    for i in range(1, 14)
                ).encode()
            ),
        },
        ("the times are milliseconds", "item = parent_asin"),
        lambda item: f"Soap no. {item}",
        ("Bath",),
        user=lambda user: f"AG{user}",
        item=asin,
    ),
    "Amazon 2023, benchmark": Case(
        {
            "Games.csv": lines(
                lambda a: f"A{a.user},{asin(a.item)},{float(a.stars)},{a.time * 1000}",
                header="user_id,parent_asin,rating,timestamp",
            )
        },
        ("milliseconds",),
        user=lambda user: f"A{user}",
        item=asin,
    ),
    "Amazon reviewTime": Case(
        {"r.json": records(lambda a: {"reviewerID": a.user, "asin": a.item, "reviewTime": f"{utc(a.time):%m %d, %Y}"})},
        ("month-first",),
    ),
    # Yelp (yelp.com/dataset/documentation)
    "Yelp": Case(
        {
            "yelp_academic_dataset_review.json": records(
                lambda a: {
                    "review_id": f"r{a.time}",
                    "user_id": f"u{a.user}",
                    "business_id": f"b{a.item}",
                    "stars": float(a.stars),
                    "text": "Good.",
                    "date": f"{utc(a.time):%Y-%m-%d %H:%M:%S}",
                }
            ),
            "yelp_academic_dataset_business.json": "".join(
                json.dumps(
                    {
                        "business_id": f"b{i}",
                        "name": f"Bar {i}",
                        "city": "Bonn",
                        "stars": 4.5,
                        "categories": "Bars, Night Life",
                    }
                )
                + "\n"
                for i in range(1, 14)
            ),
            "yelp_academic_dataset_tip.json": records(
                lambda a: {
                    "user_id": f"u{a.user}",
                    "business_id": f"b{a.item}",
                    "text": "Go.",
                    "date": f"{utc(a.time):%Y-%m-%d %H:%M:%S}",
                }
            ),
            "yelp_academic_dataset_user.json": "".join(
                json.dumps({"user_id": f"u{u}", "name": "Ann"}) + "\n" for u in range(1, 12)
            ),
        },
        ("yelp_academic_dataset_review.json (interactions, JSON lines", "not read: yelp_academic_dataset_tip.json"),
        lambda item: f"Bar {item}",
        ("Bars", "Night Life"),
        user=lambda user: f"u{user}",
        item=lambda item: f"b{item}",
    ),
    # Steam (cseweb.ucsd.edu/~jmcauley/datasets.html): dicts as Python prints them
    "Steam": Case(
        {
            "steam_reviews.json.gz": gzip.compress(
                lines(
                    lambda a: str(
                        {
                            "username": f"u{a.user}",
                            "hours": 3.5,
                            "product_id": str(a.item),
                            "date": f"{utc(a.time):%Y-%m-%d}",
                            "text": "It's good",
                        }
                    )
                ).encode()
            ),
            "steam_games.json.gz": gzip.compress(
                "".join(
                    str(
                        {
                            "publisher": "K",
                            "genres": ["Action", "Indie"],
                            "app_name": f"Game {i}",
                            "id": str(i),
                            "price": 4.99,
                        }
                    )
                    + "\n"
                    for i in range(1, 14)
                ).encode()
            ),
        },
        (),
        lambda item: f"Game {item}",
        ("Action", "Indie"),
        user=lambda user: f"u{user}",
    ),
    # goodbooks-10k (github.com/zygmuntz/goodbooks-10k), Book-Crossing, Goodreads (mengtingwan.github.io)
    "goodbooks": Case(
        {
            "ratings.csv": lines("{0.user},{0.item},{0.stars}".format, LOG, "user_id,book_id,rating"),
            "books.csv": "book_id,goodreads_book_id,best_book_id,isbn,authors,original_title,title\n"
            + "".join(f'{i},{i * 97},{i * 97},{i}X,Ann,,"Book {i} (A, #1)"\n' for i in range(1, 14)),
            "book_tags.csv": "goodreads_book_id,tag_id,count\n97,3,7\n",
        },
        (NO_TIME, "not read: book_tags.csv"),
        lambda item: f"Book {item} (A, #1)",
    ),
    "Book-Crossing": Case(
        {
            "BX-Book-Ratings.csv": lines(
                '"{0.user}";"0{0.item:09d}";"{0.stars}"'.format, LOG, '"User-ID";"ISBN";"Book-Rating"'
            ),
            "BX-Books.csv": (
                '"ISBN";"Book-Title";"Book-Author"\n'
                + "".join(f'"0{i:09d}";"Amélie {i}";"Ann"\n' for i in range(1, 14))
            ).encode("latin-1"),
            "BX-Users.csv": '"User-ID";"Location";"Age"\n'
            + "".join(f'"{u}";"bonn, germany";NULL\n' for u in range(1, 12)),
        },
        (NO_TIME, "in Windows-1252", "not read: BX-Users.csv"),
        lambda item: f"Amélie {item}",
        item=lambda item: f"0{item:09d}",
    ),
    "Goodreads": Case(
        {
            "goodreads_interactions.csv": lines(
                "{0.user},{0.item},1,{0.stars},0".format, LOG, "user_id,book_id,is_read,rating,is_reviewed"
            ),
            "goodreads_books.json": "".join(
                json.dumps({"book_id": str(i), "title": f"Book {i}", "authors": []}) + "\n" for i in range(1, 14)
            ),
        },
        (NO_TIME,),
        lambda item: f"Book {item}",
    ),
    "Goodreads with dates": Case(
        {
            "goodreads_reviews.json": records(
                lambda a: {
                    "user_id": f"u{a.user}",
                    "book_id": str(a.item),
                    "rating": a.stars,
                    "date_added": f"{utc(a.time):%a %b %d %H:%M:%S} -0700 {utc(a.time).year}",
                }
            )
        },
        ("timestamp = date_added",),
        user=lambda user: f"u{user}",
    ),
    # shops: RetailRocket, REES46 (kaggle.com/mkechinov), Yoochoose (RecSys 2015), Diginetica (CIKM 2016), H&M, Tmall
    "RetailRocket": Case(
        {
            "events.csv": lines(
                "{0.time}000,{0.user},view,{0.item},".format, header="timestamp,visitorid,event,itemid,transactionid"
            ),
            "category_tree.csv": "categoryid,parentid\n1,2\n",
            "item_properties_part1.csv": "timestamp,itemid,property,value\n"
            + "".join(f"{START}000,{i},790,n{i}.000\n" for i in range(1, 14)),
        },
        ("milliseconds", "not read:"),
    ),
    "REES46, two months, newest first": Case(
        {
            f"2019-{month}.csv": lines(
                lambda a: (
                    f"{utc(a.time):%Y-%m-%d %H:%M:%S} UTC,view,{a.item},205{a.item},a.b,sony,9.99,{a.user},s{a.time}"
                ),
                log,
                "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session",
            )
            for month, log in (("Oct", NEWEST_FIRST[30:]), ("Nov", NEWEST_FIRST[:30]))
        },
        ("read one after the other: 2019-Oct.csv, 2019-Nov.csv",),
    ),
    "Yoochoose clicks": Case(
        {
            "yoochoose-clicks.dat": lines(
                lambda a: f"{a.user},{utc(a.time):%Y-%m-%dT%H:%M:%S}.869Z,{214500000 + a.item},0"
            )
        },
        ("without a header",),
        item=lambda item: str(214500000 + item),
    ),
    "Diginetica": Case(
        {
            "train-item-views.csv": lines(
                lambda a: f"{a.user};NA;{a.item};{a.time - START};{utc(a.time):%Y-%m-%d}",
                header="sessionId;userId;itemId;timeframe;eventdate",
            )
        },
        ("user = sessionId",),
    ),
    "H&M": Case(
        {
            "transactions_train.csv": lines(
                lambda a: f"{utc(a.time):%Y-%m-%d},{a.user:064x},0{a.item:09d},0.05,2",
                header="t_dat,customer_id,article_id,price,sales_channel_id",
            ),
            "articles.csv": "article_id,product_code,prod_name,product_type_name\n"
            + "".join(f"0{i:09d},7,Strap top {i},Vest top\n" for i in range(1, 14)),
            "customers.csv": "customer_id,FN,age\n" + "".join(f"{u:064x},,49\n" for u in range(1, 12)),
        },
        ("not read: customers.csv",),
        lambda item: f"Strap top {item}",
        ("Vest top",),
        user=lambda user: f"{user:064x}",
        item=lambda item: f"0{item:09d}",
    ),
    "Taobao": Case({"UserBehavior.csv": lines("{0.user},{0.item},2520377,pv,{0.time}".format)}, ("without a header",)),
    "Instacart": Case(
        {
            "order_products__prior.csv": lines(
                lambda a: f"{a.user},{a.item},{HISTORIES[a.user].index(a.item) + 1},1",
                header="order_id,product_id,add_to_cart_order,reordered",
            ),
            "products.csv": "product_id,product_name,aisle_id,department_id\n"
            + "".join(f"{i},Bread {i},1,1\n" for i in range(1, 14)),
        },
        (),
        lambda item: f"Bread {item}",
    ),
    # UCI Online Retail (archive.ics.uci.edu/dataset/352)
    "Online Retail": Case(
        {
            "Online Retail.xlsx": workbook(
                [
                    "InvoiceNo",
                    "StockCode",
                    "Description",
                    "Quantity",
                    "InvoiceDate",
                    "UnitPrice",
                    "CustomerID",
                    "Country",
                ],
                [
                    [
                        f"5{a.user}",
                        f"8{a.item}A",
                        f"LANTERN {a.item}",
                        6,
                        utc(a.time).replace(tzinfo=None),
                        2.55,
                        a.user,
                        "France",
                    ]
                    for a in SHUFFLED
                ]
                + [
                    ["C5", "81A", "LANTERN 1", -6, datetime.datetime(2011, 1, 1), 2.55, 3, "France"],
                    ["6", "81A", "LANTERN 1", 6, datetime.datetime(2011, 1, 1), 2.55, None, "France"],
                ],
            )
        },
        ("a workbook", "1 with missing values (user 1)", "skipped 1: quantity below zero"),
        lambda item: f"LANTERN {item}",
        item=lambda item: f"8{item}A",
    ),
    "Online Retail as CSV": Case(
        {
            "data.csv": lines(
                lambda a: "5{user},8{item}A,LANTERN {item},6,{american},2.55,{user},Café".format(**of(a)),
                header="InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
            ).encode("latin-1")
        },
        ("month-first", "user = CustomerID"),
        lambda item: f"LANTERN {item}",
        item=lambda item: f"8{item}A",
    ),
    # music and news: HetRec Last.fm (grouplens.org/datasets/hetrec-2011), Last.fm 1K, MIND (msnews.github.io), KuaiRec
    "Last.fm": Case(
        {
            "user_artists.dat": lines("{0.user}\t{0.item}\t13{0.stars}".format, LOG, "userID\tartistID\tweight"),
            "artists.dat": "id\tname\turl\tpictureURL\n"
            + "".join(f"{i}\tMötley {i}\thttp://x/{i}\thttp://y\n" for i in range(1, 14)),
            "user_taggedartists.dat": lines(
                "{0.user}\t{0.item}\t13\t1\t4\t2009".format, header="userID\tartistID\ttagID\tday\tmonth\tyear"
            ),
            "user_friends.dat": "userID\tfriendID\n1\t2\n",
        },
        (NO_TIME, "not read: user_friends.dat, user_taggedartists.dat"),
        lambda item: f"Mötley {item}",
    ),
    "Last.fm 1K": Case(
        {
            "userid-timestamp-artid-artname.tsv": lines(
                lambda a: f"user_{a.user:06d}\t{utc(a.time):%Y-%m-%dT%H:%M:%SZ}\tid{a.item}\tDeep Dish {a.item}"
            )
        },
        ("without a header",),
        user=lambda user: f"user_{user:06d}",
        item=lambda item: f"id{item}",
    ),
    "MIND": Case(
        {
            "behaviors.tsv": "".join(
                f"{user}\tU{user}\t11/{15 + place}/2019 {8 + place}:55:22 AM\t"
                f"N{items[0]} N{items[1]}\tN{items[2 + place]}-1 N99-0\n"
                for place in (1, 0)
                for user, items in HISTORIES.items()
            ),
            "news.tsv": "".join(
                f"N{i}\tsports\tgolf\tHeadline no. {i}\tLong text of it.\thttps://x\t[]\t[]\n" for i in range(1, 14)
            ),
            "entity_embedding.vec": "Q1\t0.1\n",
        },
        ("not read: entity_embedding.vec",),
        lambda item: f"Headline no. {item}",
        ("sports", "golf"),
        user=lambda user: f"U{user}",
        item=lambda item: f"N{item}",
    ),
    "KuaiRec": Case(
        {
            name: lines(
                lambda a: "{user},{item},1383,1086,{day} {clock}.64,20200705,{time}.64,1.27".format(**of(a)),
                header="user_id,video_id,play_duration,video_duration,time,date,timestamp,watch_ratio",
            )
            for name in ("big_matrix.csv", "small_matrix.csv")
        },
        ("not read: small_matrix.csv",),
    ),
    # places: Gowalla and Brightkite (snap.stanford.edu), Foursquare (sites.google.com/site/yangdingqi)
    "Gowalla": Case(
        {
            "loc-gowalla_totalCheckins.txt": lines(
                lambda a: f"{a.user}\t{utc(a.time):%Y-%m-%dT%H:%M:%SZ}\t30.23{a.item}\t-97.79\t{a.item}"
            )
        }
    ),
    "Foursquare": Case(
        {
            "dataset_TSMC2014_NYC.txt": lines(
                lambda a: (
                    "{user}\t49bbd6c0f964a520f4531fe{item:x}\t4bf58dd8d489\tArts & Crafts\t40.7{item}\t-74.0{item}\t-4"
                    "\t{english} +0000 {year}".format(**of(a))
                )
            )
        },
        item=lambda item: f"49bbd6c0f964a520f4531fe{item:x}",
    ),
    "Amazon Personalize": Case(
        {
            "interactions.csv": lines(
                "{0.user},{0.item},{0.time},watch".format, header="USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"
            )
        }
    ),
    "FilmTrust": Case(
        {"ratings.txt": lines("{0.user} {0.item} {0.stars}".format, LOG)}, (NO_TIME, "rating = column 3")
    ),
    # more of games, music, beer, films, courses, groceries
    "Steam-200k": Case(
        {"steam-200k.csv": lines(lambda a: f"{a.user},Game of the year {a.item},play,{a.stars}.5,0", LOG)},
        (NO_TIME,),
        item=lambda item: f"Game of the year {item}",
    ),
    "Million Song": Case(
        {"train_triplets.txt": lines(lambda a: f"{a.user:040x}\tSO{a.item}\t{7 * a.stars}", LOG)},
        (NO_TIME,),
        user=lambda user: f"{user:040x}",
        item=lambda item: f"SO{item}",
    ),
    "Last.fm 360K": Case(
        {
            "usersha1-artmbid-artname-plays.tsv": lines(
                lambda a: f"{a.user:040x}\tm{a.item}\tBand {a.item}\t{7 * a.stars}", LOG
            )
        },
        (NO_TIME,),
        user=lambda user: f"{user:040x}",
        item=lambda item: f"m{item}",
    ),
    "Spotify's playlists": Case(
        {
            "mpd.slice.0-999.json": json.dumps(
                {
                    "info": {"v": 1},
                    "playlists": [
                        {
                            "name": "x",
                            "pid": user,
                            "tracks": [
                                {"pos": place, "track_uri": f"spotify:{item}", "track_name": f"Song {item}"}
                                for place, item in enumerate(items)
                            ],
                        }
                        for user, items in HISTORIES.items()
                    ],
                }
            )
        },
        (NO_TIME,),
        lambda item: f"Song {item}",
        item=lambda item: f"spotify:{item}",
    ),
    "CiteULike": Case(
        {"users.dat": sequences(lambda user, items: f"{len(items)} {' '.join(map(str, items))}")},
        ("a line of items each",),
    ),
    "Netflix": Case(
        {
            "combined_data_1.txt": "".join(
                f"{item}:\n"
                + lines(
                    lambda a: f"{a.user},{a.stars},{utc(a.time):%Y-%m-%d}",
                    [action for action in LOG if action.item == item],
                )
                for item in range(1, ITEMS + 1)
            ),
            "movie_titles.csv": "".join(f"{item},1999,Movie {item}\n" for item in range(1, 14)),
        },
        ("users below each item",),
        lambda item: f"Movie {item}",
    ),
    "BeerAdvocate": Case(
        {
            "beer_reviews.csv": lines(
                lambda a: f"9,Brew,{a.time},1.5,2,2.5,u{a.user},Hefe,3,1.5,Sausa Weizen {a.item},5,{a.item}",
                header="brewery_id,brewery_name,review_time,review_overall,review_aroma,review_appearance,review_profilename,"
                "beer_style,review_palate,review_taste,beer_name,beer_abv,beer_beerid",
            )
        },
        (),
        lambda item: f"Sausa Weizen {item}",
        ("Hefe",),
        user=lambda user: f"u{user}",
    ),
    "MyAnimeList": Case(
        {
            "rating.csv": lines("{0.user},{0.item},{0.stars}".format, LOG, "user_id,anime_id,rating"),
            "anime.csv": "anime_id,name,genre,type\n"
            + "".join(f'{item},Show {item},"Drama, School",TV\n' for item in range(1, 14)),
        },
        (NO_TIME,),
        lambda item: f"Show {item}",
        ("Drama", "School"),
    ),
    "Food.com": Case(
        {
            "RAW_interactions.csv": lines(
                lambda a: f'{a.user},{a.item},{utc(a.time):%Y-%m-%d},5,"Good,\nand fast"',
                header="user_id,recipe_id,date,rating,review",
            ),
            "RAW_recipes.csv": "name,id,minutes,tags\n"
            + "".join(f"soup {item},{item},5,\"['easy', 'soup']\"\n" for item in range(1, 14)),
        },
        (),
        lambda item: f"soup {item}",
        ("easy", "soup"),
    ),
    "Google Local": Case(
        {
            "review-Alaska_10.json.gz": gzip.compress(
                records(
                    lambda a: {
                        "user_id": str(a.user),
                        "name": "Ann",
                        "time": a.time * 1000,
                        "rating": 5,
                        "text": None,
                        "gmap_id": f"0x{a.item}",
                    }
                ).encode()
            ),
            "meta-Alaska.json.gz": gzip.compress(
                "".join(
                    json.dumps({"name": f"Shop {item}", "gmap_id": f"0x{item}", "category": ["Shop", "Hair"]}) + "\n"
                    for item in range(1, 14)
                ).encode()
            ),
        },
        ("milliseconds",),
        lambda item: f"Shop {item}",
        ("Shop", "Hair"),
        item=lambda item: f"0x{item}",
    ),
    "Amazon customer reviews": Case(
        {
            "amazon_reviews_us.tsv": lines(
                lambda a: 'US\t{user}\tR{time}\tB{item}\t5\tSoap {item}\tBeauty\t{stars}\tA "B"\tC, "d\t{day}'.format(
                    **of(a)
                ),
                header="marketplace\tcustomer_id\treview_id\tproduct_id\tproduct_parent\tproduct_title\tproduct_category\tstar_rating\t"
                "review_headline\treview_body\treview_date",
            )
        },
        (),
        lambda item: f"Soap {item}",
        ("Beauty",),
        item=lambda item: f"B{item}",
    ),
    "dunnhumby": Case(
        {
            "transaction_data.csv": lines(
                lambda a: f"{a.user},{a.time},{(a.time - START) // 86400},{a.item},1,1.39,364,-0.6,1631,1",
                header="household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,RETAIL_DISC,TRANS_TIME,WEEK_NO",
            ),
            "product.csv": "PRODUCT_ID,MANUFACTURER,DEPARTMENT,BRAND,COMMODITY_DESC\n"
            + "".join(f"{item},2,GROCERY,National,FROZEN NO. {item}\n" for item in range(1, 14)),
        },
        (),
        lambda item: f"FROZEN NO. {item}",
        ("GROCERY",),
    ),
    "MOOC": Case(
        {
            "mooc_actions.tsv": lines(
                lambda a: f"{a.time - START}.0\t{a.user}\t{a.item}", header="TIMESTAMP\tUSERID\tTARGETID"
            )
        },
        ("TARGETID is read as the item",),
    ),
    "Tmall": Case(
        {
            "user_log_format1.csv": lines(
                lambda a: f"{a.user},{a.item},1,2,3,{utc(a.time):%m%d},0",
                header="user_id,item_id,cat_id,seller_id,brand_id,time_stamp,action_type",
            )
        }
    ),
    "orders of a web shop": Case(
        {
            "orders.csv": lines(
                lambda a: (
                    f"#1{a.user},c{a.user}@x.de,{utc(a.time):%Y-%m-%d %H:%M:%S} +0200,Sofa {a.item},SKU-{a.item},1"
                ),
                header="Name,Email,Created at,Lineitem name,Lineitem sku,Lineitem quantity",
            )
        },
        (),
        lambda item: f"Sofa {item}",
        user=lambda user: f"c{user}@x.de",
        item=lambda item: f"SKU-{item}",
    ),
    "objects in objects": Case(
        {
            "log.jsonl": records(
                lambda a: {"user": {"id": a.user}, "item": {"id": a.item, "title": f"T {a.item}"}, "ts": a.time}
            )
        },
        (),
        lambda item: f"T {item}",
    ),
    "items whose numbers look like times": Case(
        {"r.csv": lines(lambda a: f"{a.user},{1000000000 + a.item},{a.stars}", LOG)},
        (NO_TIME,),
        item=lambda item: str(1000000000 + item),
    ),
    "parts of Spark": Case(
        {f"log/part-0000{part}.csv": lines(ROW, log, COMMAS) for part, log in enumerate((SHUFFLED[:40], SHUFFLED[40:]))}
        | {"log/_SUCCESS": ""},
        ("read one after the other: part-00000.csv, part-00001.csv", "not read: _SUCCESS"),
    ),
    "files put behind each other": Case(
        {
            "log.csv": lines("{0.user},{0.item}".format, LOG[:40], "user,item")
            + lines("{0.user},{0.item}".format, LOG[40:], "user,item")
        },
        ("skipped 1: header that is there again",),
    ),
    "a title above the names": Case({"log.csv": "Report of 2024,,,\n# made by a program\n\n" + CSV}, ("commas",)),
    "Excel's word about the separator": Case({"log.csv": "sep=;\n" + CSV.replace(",", ";")}, ("semicolons",)),
    "an archive of a folder": Case(
        {
            "ml.zip": zipped(
                "ml/ratings.csv",
                CSV,
                **{"ml/movies.csv": "movieId,title\n" + "".join(f"{i},Film {i}\n" for i in range(1, 14))},
            )
        },
        ("movies.csv (items",),
        lambda item: f"Film {item}",
        give="ml.zip",
    ),
    # offices
    "German Excel": Case(
        {
            "log.csv": lines(
                lambda a: f"{a.user};{a.item};{utc(a.time):%d.%m.%Y %H:%M};{a.stars},5",
                header="Kunde;Artikel;Datum;Bewertung",
            )
            .replace("\n", "\r\n")
            .encode("cp1252")
        },
        ("user = Kunde", "day-first"),
    ),
    "French": Case(
        {
            "ventes.csv": lines(
                lambda a: f"{a.user};{a.item};{utc(a.time):%d/%m/%Y};3",
                header="N° client;Référence;Date d'achat;Quantité",
            ).encode("cp1252")
        },
        columns={"user": "N° client"},
        says=("day-first",),
    ),
    "Spanish": Case(
        {
            "log.csv": lines(
                lambda a: f"{a.user};{a.item};{utc(a.time):%d/%m/%Y %H:%M}", header="ID_Usuario;Producto;Fecha"
            )
        },
        ("day-first",),
    ),
    "Chinese in GB18030": Case(
        {
            "log.csv": lines(
                lambda a: f"{a.user},{a.item},{utc(a.time):%Y/%m/%d %H:%M},很好用的商品",
                header="用户ID,商品ID,购买时间,评价",
            ).encode("gb18030")
        },
        ("in GB18030",),
    ),
    "Japanese in Shift-JIS": Case(
        {
            "log.csv": lines(
                lambda a: f"{a.user},{a.item},{utc(a.time):%Y年%m月%d日},とても良い商品でした",
                header="会員ID,商品コード,購入日,レビュー",
            ).encode("cp932")
        },
        ("in Shift-JIS",),
    ),
    "UTF-16": Case({"log.csv": CSV.encode("utf-16")}, ("in UTF-16",)),
    "bars": Case({"log.txt": CSV.replace(",", "|")}, ("separated by bars",)),
    "gzip without its suffix": Case({"log.csv": gzip.compress(CSV.encode())}),
    "bzip2": Case({"log.csv.bz2": bz2.compress(CSV.encode())}),
    "xz": Case({"log.csv.xz": lzma.compress(CSV.encode())}),
    "zip": Case({"log.zip": zipped("inner.csv", CSV)}, give="log.zip"),
    "parquet": Case(
        {
            "log.parquet": parquet(
                {
                    "user_id": column("user"),
                    "item_id": column("item"),
                    "timestamp": [utc(time) for time in column("time")],
                }
            )
        },
        ("parquet",),
    ),
    "parquet of lists": Case(
        {"log.parquet": parquet({"user_id": list(HISTORIES), "history": list(HISTORIES.values())})}, (NO_TIME,)
    ),
    "JSON array": Case({"log.json": json.dumps([action._asdict() for action in SHUFFLED])}, ("JSON",)),
    "JSON below a key": Case({"log.json": json.dumps({"data": [action._asdict() for action in SHUFFLED]})}, ("JSON",)),
    "day and time of the day apart": Case(
        {
            "pos.csv": lines(
                lambda a: f"{a.user},{a.item},{utc(a.time):%Y-%m-%d},{utc(a.time):%H:%M:%S}",
                header="customer,product,date,time",
            )
        }
    ),
    "times under an unknown name": Case(
        {
            "log.csv": lines(
                lambda a: f"{a.user},{a.item},{utc(a.time):%Y-%m-%dT%H:%M:%S}", NEWEST_FIRST, "user,item,happened"
            )
        },
        ("happened holds times and is read as the timestamp",),
    ),
    "names that say nothing": Case(
        {"log.csv": lines(lambda a: f"k{a.user},a{a.item},{a.time}", header="wer,was,timestamp")},
        ("wer is read as the user", "was is read as the item"),
        user=lambda user: f"k{user}",
        item=lambda item: f"a{item}",
    ),
    "names that are chosen": Case(
        {"log.csv": lines(lambda a: f"{a.user},x,{a.item},{a.time}", header="wer,wo,was,wann")},
        columns={"user": "wer", "item": "was", "timestamp": "4"},
    ),
    "dates without separators": Case(
        {"log.csv": lines(lambda a: f"{a.user},{a.item},{utc(a.time):%Y%m%d}", header="user,item,day")},
        ("dates like 20240531",),
    ),
    "nanoseconds": Case(
        {"log.csv": lines("{0.user},{0.item},{0.time}000000000".format, header="user,item,ts")}, ("nanoseconds",)
    ),
    "ids in quotes with separators": Case(
        {"log.csv": lines(lambda a: f'"{a.user}, Ann","say ""{a.item}""",{a.time}', header="user,item,time")},
        user=lambda user: f"{user}, Ann",
        item=lambda item: f'say "{item}"',
    ),
    # exports of shops and of what counts their visits
    "names in words that only belong to the known ones": Case(
        {
            "export.csv": lines(
                lambda a: f"{a.user};{a.item};Titel von {a.item};{utc(a.time):%d.%m.%Y %H:%M:%S};2",
                header="ID klienta;ID produktu;Opis;Zamówiono;Ilość",
            )
        },
        ("ID klienta is read as the user", "Opis is the same in all rows of an item and is read as the title"),
        title=lambda item: f"Titel von {item}",
    ),
    "orders with columns that number the rows": Case(
        {
            "sales_order_item.csv": lines(
                lambda a: f"{a.time},{a.time % 9973},{utc(a.time):%Y-%m-%d %H:%M:%S},{a.user},{a.item}",
                header="item_id,order_id,created_at,customer_id,product_id",
            )
        },
    ),
    "events with other ids": Case(
        {
            "bq.csv": lines(
                lambda a: f"{utc(a.time):%Y%m%d},{a.time}000123,view_item,{a.user}.17,{a.item},mobile",
                header="event_date,event_timestamp,event_name,user_pseudo_id,item_id,device_category",
            )
        },
        ("user_pseudo_id is read as the user",),
        user=lambda user: f"{user}.17",
    ),
    "events as objects": Case(
        {
            "events.jsonl": records(
                lambda a: {
                    "messageId": f"m{a.time}",
                    "type": "track",
                    "userId": str(a.user),
                    "timestamp": utc(a.time).isoformat(),
                    "properties": {"product_id": str(a.item), "price": 9.9},
                }
            )
        },
    ),
    "products within the objects of a list": Case(
        {
            "events.json": records(
                lambda a: {
                    "visitorId": str(a.user),
                    "eventTime": f"{utc(a.time):%Y-%m-%dT%H:%M:%SZ}",
                    "productDetails": [{"product": {"id": str(a.item)}, "quantity": 1}],
                }
            )
        },
    ),
    "titles with blanks in one cell": Case(
        {
            "orders.csv": sequences(
                lambda user, items: (
                    f"{user},{utc(START + 86_400 * user):%Y-%m-%d},{'; '.join(f'Big thing {i}' for i in items)}"
                ),
                "customer_id,order_date,products",
            )
        },
        item=lambda item: f"Big thing {item}",
    ),
    "what was watched, by its title": Case(
        {
            "activity.csv": lines(
                lambda a: f"{a.user},{utc(a.time):%Y-%m-%d %H:%M:%S},00:10:05,Film {a.item}",
                header="Profile Name,Start Time,Duration,Title",
            )
        },
        item=lambda item: f"Film {item}",
    ),
    "year, month, day and hour apart": Case(
        {
            "log.csv": lines(
                lambda a: "{0.user},{0.item},{1.year},{1.month},{1.day},{1.hour},{1.minute},{1.second}".format(
                    a, utc(a.time)
                ),
                header="user_id,item_id,year,month,day,hour,minute,second",
            )
        },
    ),
    "day and time of the day without separators": Case(
        {
            "log.csv": lines(
                lambda a: f"{a.user},{a.item},{utc(a.time):%Y%m%d},{int(f'{utc(a.time):%H%M%S}')}",
                header="user_id,item_id,date,time",
            )
        },
        ("timestamp = date",),
    ),
    "ids that Excel keeps as text": Case(
        {"log.csv": lines(lambda a: f'{a.user},="00{a.item}",{a.time}', header="customer_id,product_id,time")},
        item=lambda item: f"00{item}",
    ),
    "a file for each user": Case(
        {
            f"users/{user}.csv": lines(
                lambda a: f"{a.item},{utc(a.time):%Y-%m-%d %H:%M:%S}",
                [action for action in SHUFFLED if action.user == user],
                "product_id,date",
            )
            for user in HISTORIES
        },
        ("each file is of one user, who has its name", "and 5 more"),
        give="users",
    ),
    "a folder for each user": Case(
        {
            f"{user}/history.json": json.dumps(
                {"history": [{"item_id": a.item, "ts": a.time} for a in SHUFFLED if a.user == user]}
            )
            for user in HISTORIES
        },
    ),
    "whole numbers with a point in the log": Case(
        {
            "interactions.csv": lines("{0.user},{0.item}.0,{0.time}".format, header="user_id,item_id,timestamp"),
            "items.csv": "item_id,title\n" + "".join(f"{item},Title {item}\n" for item in range(1, 14)),
        },
        ("1 there and 1.0 in the log are taken for one item",),
        title=lambda item: f"Title {item}",
        item=lambda item: f"{item}.0",
    ),
    "whole numbers with a point in the items": Case(
        {
            "interactions.csv": lines("{0.user},{0.item},{0.time}".format, header="user_id,item_id,timestamp"),
            "items.csv": "item_id,title\n" + "".join(f"{item}.0,Title {item}\n" for item in range(1, 14)),
        },
        (".0 there and",),
        title=lambda item: f"Title {item}",
    ),
}


def histories_of(table: Any) -> dict[str, list[str]]:
    log, ids = table.log, table.catalogue.ids
    return {
        user: [ids[row - FIRST] for row in log.items[log.starts[place] : log.starts[place + 1]]]
        for place, user in enumerate(log.users)
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_same_histories(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    for name, content in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    table = read(tmp_path / case.give, columns=case.columns)
    cut = 4 if "behaviors.tsv" in case.files else None  # two of the history and two that were taken
    expected = {case.user(user): [case.item(item) for item in items[:cut]] for user, items in HISTORIES.items()}
    assert histories_of(table) == expected
    report = "\n".join([describe_report(table.report), *read_lines(table.report)])
    assert [text for text in case.says if text not in report] == [], report
    titles = dict(zip(table.catalogue.ids, table.catalogue.titles, strict=True))
    features = dict(zip(table.catalogue.ids, table.catalogue.features, strict=True))
    if case.title is not None:
        for item in range(1, ITEMS + 1):
            assert titles.get(case.item(item), case.title(item)) == case.title(item)
    if case.features is not None:
        assert set(features.values()) == {case.features}
    if NO_TIME not in case.says and "Instacart" not in report and table.report["order"] == "time":
        assert table.report["times"][0] < table.report["times"][1]


def test_several_paths_are_one_log(tmp_path: Path) -> None:
    for name, log in (("a.csv", SHUFFLED[:40]), ("b.tsv", SHUFFLED[40:])):
        (tmp_path / name).write_text(lines(ROW, log, COMMAS))
    (tmp_path / "titles.csv").write_text("item,title\n" + "".join(f"{item},Title {item}\n" for item in range(1, 14)))
    table = read("\n".join(str(tmp_path / name) for name in ("a.csv", "b.tsv", "titles.csv")))
    assert histories_of(table) == {str(user): list(map(str, items)) for user, items in HISTORIES.items()}
    assert set(table.catalogue.titles) == {f"Title {item}" for item in range(1, 14)}
    assert "read one after the other: a.csv, b.tsv" in describe_report(table.report)


REFUSED = {
    "a column for each item": (
        "user,Tent,Stove,Mug,Lamp,Map,Rope\n" + "".join(f"{user},1,0,3,0,5,{user % 3}\n" for user in range(1, 9)),
        "has a row for each user and a column for each item, and no times",
    ),
    "books of one reader": (
        lines(
            lambda a: f"{a.item},Book {a.item},Someone,{utc(a.time):%Y/%m/%d}", header="Book Id,Title,Author,Date Read"
        ),
        "and needs user",
    ),
    "a time that nobody knows": (
        lines(lambda a: f"{a.user},{a.item},week {a.time % 53} of 2024", header="user_id,item_id,waktu beli"),
        "time that cannot be read",
    ),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_users_or_times(content: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(content)
    with pytest.raises(InputError, match=says):
        read(tmp_path / "log.csv")


def test_ids_that_a_spreadsheet_rounded_are_told(tmp_path: Path) -> None:
    log = lines(lambda a: f"{a.user},{a.item}.00638E+12,{a.time}", header="customer,ean,time")
    (tmp_path / "log.csv").write_text(log)
    assert "were rounded by a spreadsheet" in describe_report(read(tmp_path / "log.csv").report)


def test_orders_that_were_cancelled_are_left_out(tmp_path: Path) -> None:
    log = "".join(f"{a.user},{a.item},wc-completed,{a.time}\n" for a in LOG) + f"1,2,wc-refunded,{START}\n"
    (tmp_path / "orders.csv").write_text("customer_id,product_id,order_status,order_date\n" + log)
    table = read(tmp_path / "orders.csv")
    assert len(table.log) == len(LOG)
    assert "event that takes something back" in describe_report(table.report)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_are_read_or_refused_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int):
    """Letters lost, doubled, or turned into what tables, JSON and encodings stumble over."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    random = np.random.default_rng(seed)
    case = list(CASES.values())[int(random.integers(len(CASES)))]
    for name, whole in case.files.items():
        content = bytearray(whole if isinstance(whole, bytes) else whole.encode())
        for _ in range(int(random.choice([1, 5, 30]))):
            place = int(random.integers(len(content) + 1))
            new = (b"", b'"', b",", b"\n", b"\t", b"\xff", b"\0", b"{", b"]", b"9" * 20, b"\r", b"\\")[
                random.integers(12)
            ]
            content[place : place + int(random.choice([0, 1, 9]))] = new
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(content))
    try:
        read(tmp_path / case.give, columns=case.columns)
    except InputError as error:
        assert "\n" not in str(error) and str(error).endswith(".")
