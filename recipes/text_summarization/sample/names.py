"""What the names in the sample's reports are made of: towns, companies and people that do not exist, in two parts each.

Two parts give thousands of names out of two hundred pieces, so a name is seen a few times at most, and what is learnt
is to copy it.
"""

TOWNS = (
    (
        "Al", "Ash", "Bar", "Bel", "Bram", "Brock", "Burn", "Cal", "Cran", "Crow", "Dar", "Dun", "East", "El", "Fen",
        "Gal", "Glen", "Hal", "Hart", "Haw", "Hol", "Ing", "Kel", "Kirk", "Lake", "Lang", "Lin", "Lor", "Mar", "Mel",
        "Mill", "Nether", "Nor", "Oak", "Or", "Pem", "Pen", "Quin", "Rad", "Raven", "Ros", "Sel", "Shel", "Stan",
        "Stone", "Sud", "Tam", "Thorn", "Tor", "Ul", "Ver", "Wal", "Wen", "Whit", "Wick", "Win", "Wood", "Yar", "York",
        "Zel",
    ),
    (
        "beck", "borough", "bourne", "bridge", "brook", "bury", "by", "cliff", "combe", "cote", "croft", "dale", "den",
        "don", "field", "ford", "gate", "grove", "ham", "haven", "hurst", "lea", "leigh", "low", "mere", "minster",
        "mond", "mouth", "ness", "over", "port", "shaw", "stead", "stow", "thorpe", "ton", "wall", "water", "well",
        "wold",
    ),
)  # fmt: skip

COMPANIES = (
    (
        "Adva", "Alti", "Arvo", "Bena", "Bren", "Cela", "Coro", "Dela", "Dura", "Elva", "Enko", "Fala", "Ferro",
        "Gala", "Gena", "Hala", "Heli", "Inva", "Isto", "Jova", "Kela", "Koro", "Lari", "Lumi", "Mala", "Mero", "Nava",
        "Neri", "Opta", "Pala", "Pera", "Quanta", "Rena", "Rovo", "Sana", "Sola", "Tala", "Tero",
        "Vala", "Velo", "Viro", "Wella", "Xeno", "Yara", "Zeta",
    ),
    (
        "bel", "bix", "cor", "dan", "dex", "dyne", "fax", "gen", "gon", "lith", "lux", "mar", "max", "mont",
        "nex", "nis", "nor", "pex", "plan", "ris", "ron", "sol", "star", "tal", "tis", "tron", "vance",
        "vex", "via", "vox", "wave", "zon",
    ),
)  # fmt: skip

SURNAMES = (
    (
        "Ald", "Bar", "Ber", "Bran", "Cald", "Cor", "Dav", "Dor", "Eld", "Esk", "Far", "Fos", "Gar", "Gren", "Hald",
        "Har", "Hol", "Jan", "Jost", "Kas", "Kel", "Kir", "Lan", "Lar", "Lun", "Mak", "Mer", "Mol", "Nas", "Nor",
        "Ols", "Orb", "Pal", "Ped", "Por", "Quil", "Ram", "Ros", "Sal", "Sor", "Stan", "Tar", "Tol", "Ul", "Val",
        "Ven", "Vor", "Wal", "Wes", "Zan",
    ),
    (
        "ach", "ado", "ander", "ano", "ard", "away", "berg", "bin", "dale", "din", "dren", "ell", "en", "eno", "er",
        "ero", "ett", "guard", "ian", "ick", "ini", "kin", "lan", "ley", "man", "mann", "mark", "nell", "quist",
        "rell", "ric", "son", "strom", "tano", "ter", "ton", "vick", "wick", "win", "zek",
    ),
)  # fmt: skip

FIRST_NAMES = (
    "Ada", "Alba", "Alma", "Amir", "Ana", "Anton", "Ari", "Astrid", "Basil", "Bea", "Bruno", "Carla", "Cedric",
    "Clara", "Dario", "Dina", "Edith", "Elias", "Elsa", "Emil", "Enzo", "Erik", "Esther", "Fatima", "Felix", "Fiona",
    "Flora", "Frida", "Gina", "Greta", "Hana", "Hassan", "Hugo", "Ida", "Igor", "Ines", "Irma", "Ivan", "Jana",
    "Jasper", "Joel", "Jonas", "Julia", "Karim", "Kira", "Klara", "Lara", "Lena", "Leon", "Lila", "Linus", "Livia",
    "Lola", "Luca", "Luis", "Magda", "Malik", "Marta", "Maya", "Milan", "Mina", "Mira", "Nadia", "Nils", "Nina",
    "Noah", "Nora", "Olga", "Omar", "Oscar", "Otto", "Pablo", "Paula", "Petra", "Ravi", "Rita", "Rosa", "Ruth",
    "Samir", "Selma", "Sofia", "Stella", "Sven", "Talia", "Tara", "Theo", "Tilda", "Timo", "Tom", "Ursula", "Vera",
    "Viktor", "Wanda", "Yasmin", "Yuki", "Zoe",
)  # fmt: skip

TEAMS = ("Rovers", "United", "City", "Athletic", "Wanderers", "Town")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
