"""What the simulated shop sells: 18 categories of 22 items, so that a recommendation can be read and judged by eye.

Within a category the order is the one in which people tend to buy: each item is followed most often by the next one,
and the last by the first (see shop.py).
"""

ITEMS: dict[str, tuple[str, ...]] = {
    "camping": (
        "two-person tent", "sleeping bag", "sleeping mat", "camping pillow", "head torch", "gas stove",
        "gas cartridge", "titanium pot", "folding spoon", "fire striker", "water filter", "water bottle",
        "hiking rucksack", "rain cover", "dry bag", "trekking poles", "first-aid kit", "folding knife",
        "camping chair", "camping table", "lantern", "tarpaulin",
    ),
    "cycling": (
        "touring bicycle", "bicycle helmet", "bicycle lock", "front light", "rear light", "floor pump", "repair kit",
        "spare inner tube", "tyre levers", "chain oil", "multi-tool", "bottle cage", "cycling gloves",
        "cycling shorts", "cycling jersey", "cycling glasses", "saddle bag", "luggage rack", "pannier bag",
        "mudguards", "bicycle bell", "bicycle computer",
    ),
    "running": (
        "running shoes", "running socks", "running tights", "running shirt", "running jacket", "running cap",
        "sports watch", "heart-rate strap", "running belt", "soft flask", "energy gel", "electrolyte tablets",
        "foam roller", "massage ball", "blister plasters", "reflective vest", "arm pocket", "trail shoes", "gaiters",
        "running vest", "compression sleeves", "race number belt",
    ),
    "skiing": (
        "all-mountain skis", "ski bindings", "ski boots", "ski poles", "ski helmet", "ski goggles", "ski jacket",
        "ski trousers", "ski socks", "thermal shirt", "thermal leggings", "ski gloves", "glove liners", "neck warmer",
        "hand warmers", "ski bag", "boot bag", "ski wax", "edge sharpener", "avalanche beacon", "snow shovel",
        "touring skins",
    ),
    "swimming": (
        "swimsuit", "swimming goggles", "swimming cap", "microfibre towel", "poolside sandals", "swim bag",
        "nose clip", "ear plugs", "kickboard", "pull buoy", "swim fins", "hand paddles", "training snorkel",
        "lap counter", "anti-fog spray", "chlorine shampoo", "wetsuit", "swim buoy", "neoprene gloves",
        "neoprene socks", "changing robe", "diving mask",
    ),
    "climbing": (
        "climbing shoes", "chalk bag", "loose chalk", "chalk ball", "climbing harness", "belay device",
        "locking carabiner", "climbing rope", "rope bag", "quickdraw set", "climbing helmet", "nylon sling",
        "cord loop", "belay gloves", "belay glasses", "finger tape", "hangboard", "skin balm", "holds brush",
        "bouldering mat", "nut set", "nut key",
    ),
    "coffee": (
        "espresso machine", "coffee grinder", "espresso beans", "coffee tamper", "tamping mat", "knock box",
        "milk jug", "milk thermometer", "espresso cups", "cappuccino cups", "coffee scale", "cleaning tablets",
        "descaler", "group brush", "pour-over dripper", "paper filters", "gooseneck kettle", "filter beans",
        "coffee canister", "french press", "moka pot", "decaf beans",
    ),
    "baking": (
        "stand mixer", "mixing bowl", "kitchen scale", "measuring spoons", "dough scraper", "bread flour",
        "sourdough starter", "proving basket", "bread knife", "baking stone", "loaf tin", "cake tin", "baking paper",
        "rolling pin", "pastry brush", "cookie cutters", "piping bag", "icing sugar", "vanilla extract",
        "cooling rack", "cake stand", "muffin tray",
    ),
    "cooking": (
        "chef's knife", "chopping board", "knife sharpener", "frying pan", "saucepan", "stockpot", "wok",
        "wok spatula", "soy sauce", "sesame oil", "rice cooker", "jasmine rice", "olive oil", "pepper mill",
        "sea salt", "colander", "cheese grater", "garlic press", "kitchen tongs", "oven gloves", "casserole dish",
        "hand blender",
    ),
    "gardening": (
        "seed tray", "potting soil", "tomato seeds", "basil seeds", "plant labels", "watering can", "plant pots",
        "garden trowel", "hand fork", "garden gloves", "secateurs", "plant ties", "bamboo canes", "tomato fertiliser",
        "garden hose", "spray nozzle", "compost bin", "garden spade", "garden rake", "wheelbarrow", "lawn seed",
        "kneeling pad",
    ),
    "tools": (
        "cordless drill", "drill bits", "screwdriver bits", "wood screws", "wall plugs", "spirit level",
        "tape measure", "claw hammer", "assorted nails", "hand saw", "mitre box", "wood glue", "bar clamps",
        "sandpaper", "orbital sander", "dust mask", "safety glasses", "work gloves", "toolbox", "adjustable spanner",
        "socket set", "utility knife",
    ),
    "painting": (
        "easel", "stretched canvas", "acrylic paints", "round brushes", "flat brushes", "paint palette",
        "palette knife", "brush cleaner", "gesso primer", "matt varnish", "oil paints", "linseed oil", "white spirit",
        "sketchbook", "graphite pencils", "kneaded eraser", "charcoal sticks", "fixative spray", "watercolour box",
        "watercolour paper", "masking tape", "ink pens",
    ),
    "music": (
        "acoustic guitar", "guitar tuner", "guitar picks", "guitar strap", "guitar strings", "string winder", "capo",
        "guitar stand", "guitar case", "songbook", "music stand", "metronome", "electric guitar", "guitar cable",
        "practice amplifier", "distortion pedal", "pedal power supply", "patch cables", "pedal board", "guitar slide",
        "fretboard oil", "polishing cloth",
    ),
    "photography": (
        "mirrorless camera", "memory card", "spare battery", "battery charger", "camera strap", "camera bag",
        "portrait lens", "wide-angle lens", "lens cap", "uv filter", "polarising filter", "lens cloth", "air blower",
        "tripod", "ball head", "remote release", "flash unit", "flash diffuser", "light stand", "reflector",
        "card reader", "photo paper",
    ),
    "computers": (
        "laptop", "laptop sleeve", "laptop stand", "wireless mouse", "mouse mat", "mechanical keyboard", "wrist rest",
        "usb hub", "external monitor", "monitor arm", "display cable", "webcam", "headset", "headset stand",
        "usb microphone", "desk lamp", "external drive", "usb stick", "network cable", "wireless router",
        "surge protector", "cable clips",
    ),
    "baby": (
        "pram", "pram footmuff", "changing bag", "nappies", "wet wipes", "changing mat", "nappy cream",
        "baby monitor", "cot", "cot mattress", "fitted sheet", "baby sleeping bag", "night light", "mobile",
        "feeding bottle", "bottle brush", "steriliser", "bibs", "high chair", "weaning spoons", "teething ring",
        "play mat",
    ),
    "pets": (
        "puppy bed", "puppy food", "food bowl", "water bowl", "dog collar", "name tag", "dog lead",
        "harness for dogs", "waste bags", "training treats", "clicker", "chew toy", "tennis balls", "ball thrower",
        "dog brush", "dog shampoo", "dog towel", "tick remover", "travel crate", "car seat cover", "dog coat",
        "safety gate for dogs",
    ),
    "books": (
        "detective novel", "second detective novel", "spy thriller", "courtroom drama", "historical novel",
        "family saga", "love story", "short stories", "poetry collection", "fantasy epic", "fantasy sequel",
        "space opera", "time-travel novel", "robot stories", "popular physics", "history of mathematics",
        "biography of a chemist", "travel diary", "mountain memoir", "nature guide", "reading lamp", "bookends",
    ),
}  # fmt: skip
