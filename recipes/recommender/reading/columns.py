"""The columns of tables of shops, of MovieLens and of the Amazon reviews."""

from heedful.recipes.shared.reading.columns import Column

USER = Column("user", ("user_id", "uid", "reviewerID", "customer", "customer_id", "visitor_id", "session_id"))
ITEM = Column(
    "item", ("item_id", "movieId", "asin", "iid", "movie", "product", "product_id", "article", "article_id", "sku")
)
TIME = Column(
    "timestamp", ("time", "ts", "unixReviewTime", "datetime", "date", "unix_time", "reviewTime"), obligatory=False
)
RATING = Column("rating", ("overall", "score", "stars"))
TITLE = Column(
    "title", ("name", "item_name", "item_title", "movie_title", "product_name", "product_title"), obligatory=False
)
FEATURES = Column("genres", ("genre", "categories", "category"), obligatory=False)
