"""Write config/resources/ from a table of crisis lines. For maintainers; nothing needs it at run time.

    python tools/make_resources.py crisis_lines.csv --checked 2026-11-20 [--into config/resources]

The table has the columns country_iso2, name, phone, sms, chat_url, website, hours, languages (separated by ";"),
kind, source (separated by " | ") and confirmed_by_2 ("yes": two independent lists agree on the digits).

What is written:
- Helplines with confirmed_by_2 = yes, and no others. Blank stays blank, digits stay as they are dialled.
- Emergency numbers with confirmed_by_2 = yes, and those that the `phonenumbers` library confirms. For a region
  with neither, the library's own number, with the library named as its only source.
- international.toml, which is for a country that nobody knows or that has no line.

Who a line is for, and which comes first, is judged by hand in REVIEWED below, each with its reason: a helpline of
the table that was not judged there stops the run. Every phone number and text address that is written is compared
with the table or the library once more after writing.
"""

import argparse
import csv
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import phonenumbers
from babel import Locale
from phonenumbers import shortnumberinfo
from phonenumbers.phonemetadata import PhoneMetadata

LIBRARY = f"google libphonenumber short-number metadata (phonenumbers {phonenumbers.__version__})"
ROW = dict[str, str]

CHILDREN, WOMEN, VICTIMS = "children and youth", "women", "victims of violence"
ALL = "national, for everyone"
AROUND_THE_CLOCK = "national, for everyone, 24/7"

# country -> its helplines in the order of offering: (name in the table, audience, reason for audience and place).
# audience "" = everyone. A tuple of names is one service with several numbers: they are offered together.
REVIEWED: dict[str, list[tuple[str | tuple[str, ...], str, str]]] = {
    "AR": [
        (
            "Centro de Asistencia al Suicida (Greater Buenos Aires)",
            "region: Gran Buenos Aires",
            "135 is dialled there only",
        )
    ],
    "AT": [
        ("TelefonSeelsorge", "", AROUND_THE_CLOCK),
        ("Rat auf Draht", CHILDREN, "147 is the line for the young"),
        ("Frauenhelpline gegen Gewalt", WOMEN, "by its name: women facing violence"),
    ],
    "AU": [
        ("Lifeline", "", AROUND_THE_CLOCK + ", voice, text and chat; the one everybody names"),
        ("Suicide Call Back Service", "", AROUND_THE_CLOCK + ", for suicide"),
        ("Beyond Blue", "", AROUND_THE_CLOCK + ", broader than crisis"),
        ("MensLine Australia", "men", "by its name"),
        ("Kids Helpline (5-25)", CHILDREN, "by its name: ages 5 to 25"),
    ],
    "BB": [
        ("Samaritans of Barbados", "", ALL),
        ("BPW Safe Haven for Women Crisis Hotline", WOMEN, "by its name"),
    ],
    "BD": [("Kaan Pete Roi", "", ALL)],
    "BE": [
        ("Zelfmoordlijn 1813", "", "everyone who speaks Dutch; offered together with its French counterpart (PAIRS)"),
        ("Centre de Prévention du Suicide", "", "everyone who speaks French; offered together with 1813 (PAIRS)"),
        ("Awel", CHILDREN, "102 is the line for the young"),
        ("Écoute Violences Conjugales", VICTIMS, "by its name: violence between partners"),
    ],
    "BG": [("Animus domestic violence hotline", VICTIMS, "by its name")],
    "BR": [("CVV - Centro de Valorização da Vida", "", AROUND_THE_CLOCK)],
    "BS": [("Bahamas Crisis Centre", VICTIMS, "the table's kind: violence")],
    "CA": [
        ("9-8-8 Suicide Crisis Helpline", "", AROUND_THE_CLOCK),
        ("Kids Help Phone", CHILDREN, "by its name"),
        ("Hope for Wellness Helpline (Indigenous peoples)", "Indigenous peoples", "by its name"),
    ],
    "CH": [
        ("Die Dargebotene Hand / La Main Tendue", "", ALL + " in three languages"),
        ("Pro Juventute 147", CHILDREN, "147 is the line for the young"),
    ],
    "CN": [
        ("Hope 24 / Beijing crisis line (400)", "", AROUND_THE_CLOCK + "; 400 numbers work in the whole country"),
        ("Beijing Suicide Research and Prevention Center", "", "Beijing is where it sits; it takes all calls, 24/7"),
        ("Lifeline China", "language: en", "English only: www.britishchambershanghai.org/en/csr-chamber-news/4927"),
        ("Maple women hotline", WOMEN, "by its name"),
    ],
    "CO": [("Línea 106 (Bogotá)", "region: Bogotá", "by its name")],
    "CR": [("Línea Aquí Estoy (Colegio de Profesionales en Psicología)", "", ALL)],
    "CY": [("Cyprus Samaritans", "", ALL)],
    "CZ": [
        (
            "Pražská linka důvěry",
            "",
            "the city runs it, for everyone wherever they live: www.csspraha.cz/prazska-linka-duvery",
        ),
        ("Linka bezpečí", CHILDREN, "116 111 is the European number for the young"),
    ],
    "DE": [
        (
            ("TelefonSeelsorge", "TelefonSeelsorge (second line)", "TelefonSeelsorge (EU number)"),
            "",
            AROUND_THE_CLOCK + "; one service with three numbers",
        ),
        ("Muslimisches SeelsorgeTelefon", "Muslims", "by its name"),
    ],
    "DK": [("Livslinien", "", ALL)],
    "EE": [
        ("Eluliin", "", ALL),
        ("Victim support crisis line", VICTIMS, "by its name"),
    ],
    "ES": [
        ("Línea 024 (conducta suicida)", "", AROUND_THE_CLOCK + ", the health ministry's own"),
        ("Teléfono de la Esperanza", "", AROUND_THE_CLOCK),
        ("Fundación ANAR", CHILDREN, "a foundation for children and the young"),
    ],
    "FI": [("MIELI Kriisipuhelin", "", ALL)],
    "FR": [
        ("3114 Numéro national de prévention du suicide", "", AROUND_THE_CLOCK + ", the state's own"),
        ("SOS Amitié", "", AROUND_THE_CLOCK + ", with chat"),
        ("Suicide Écoute", "", AROUND_THE_CLOCK),
        ("SOS Help (English)", "language: en", "by its name"),
        ("Fil Santé Jeunes", CHILDREN, "by its name: the young"),
    ],
    "GB": [
        ("Samaritans", "", AROUND_THE_CLOCK + "; the one everybody names"),
        ("Shout", "", AROUND_THE_CLOCK + ", by text"),
        ("National Suicide Prevention Helpline UK", "", ALL),
        ("CALM", "", "open to everyone, begun for men"),
        ("NHS 111 mental health option", "region: England, Scotland, Wales", "Northern Ireland has no 111"),
        ("Breathing Space (Scotland)", "region: Scotland", "by its name"),
        ("Papyrus HOPELINE (under 35)", "under 35", "by its name"),
        ("Childline", CHILDREN, "by its name"),
    ],
    "GR": [
        ("1018 suicide intervention line (Klimaka)", "", ALL),
        ("SOS 1056 (children)", CHILDREN, "by its name"),
    ],
    "GY": [("Inter-agency Suicide Prevention Help Line", "", AROUND_THE_CLOCK)],
    "HK": [
        ("The Samaritan Befrienders Hong Kong", "", AROUND_THE_CLOCK),
        ("The Samaritans Hong Kong", "", AROUND_THE_CLOCK),
        ("Youth Outreach hotline", CHILDREN, "by its name"),
    ],
    "HR": [("Plavi telefon", "", ALL)],
    "HU": [
        ("Telefonos Lelkisegély (LESZ)", "", AROUND_THE_CLOCK),
        ("Kék Vonal", CHILDREN, "116 111 is the European number for the young"),
    ],
    "ID": [("SEJIWA (119 ext. 8)", "", AROUND_THE_CLOCK)],
    "IE": [
        ("Samaritans Ireland", "", AROUND_THE_CLOCK + "; the one everybody names"),
        ("Pieta", "", AROUND_THE_CLOCK + ", voice and text"),
        ("Text About It (50808)", "", AROUND_THE_CLOCK + ", by text"),
    ],
    "IL": [("ERAN", "", AROUND_THE_CLOCK)],
    "IN": [
        ("Vandrevala Foundation", "", AROUND_THE_CLOCK + ", in English and Hindi at least"),
        ("AASRA", "", AROUND_THE_CLOCK),
        ("SNEHA India", "", AROUND_THE_CLOCK),
        ("iCall (TISS)", "", "for everyone, not at night and not on Sundays"),
    ],
    "IS": [("Hjálparsími Rauða krossins", "", ALL)],
    "IT": [
        ("Telefono Amico Italia", "", ALL),
        ("Telefono Azzurro", CHILDREN, "19696 is the line for the young"),
    ],
    "JP": [
        ("Yorisoi Hotline", "", AROUND_THE_CLOCK + ", in ten languages"),
        ("#Inochi SOS (Lifelink)", "", ALL),
        (("TELL Lifeline (English)", "TELL Lifeline (English, Tokyo line)"), "language: en", "by its name"),
    ],
    "KE": [("Befrienders Kenya", "", ALL)],
    "KH": [("TPO Cambodia suicide prevention helpline", "", ALL)],
    "KR": [
        ("Mental health crisis counselling", "", AROUND_THE_CLOCK),
        ("Ministry of Health & Welfare call centre", "", AROUND_THE_CLOCK + ", broader than crisis"),
    ],
    "KZ": [("National 24 h helpline 150", CHILDREN, "the table's kind: child")],
    "LB": [("Embrace LifeLine", "", ALL)],
    "LT": [
        ("Vilties linija", "", AROUND_THE_CLOCK),
        ("Jaunimo linija", CHILDREN, "by its name: the young"),
        ("Vaikų linija", CHILDREN, "by its name: children"),
        ("Pagalbos moterims linija", WOMEN, "by its name"),
    ],
    "LU": [("SOS Détresse", "", ALL)],
    "LV": [("Skalbes crisis line", "", AROUND_THE_CLOCK)],
    "LY": [("GBV / psychosocial helpline", VICTIMS, "by its name: gender-based violence")],
    "MT": [("Supportline 179", "", ALL)],
    "MU": [("SOS Femmes", WOMEN, "by its name")],
    "MX": [
        ("SAPTEL", "", AROUND_THE_CLOCK),
        ("Línea de la Vida", "", ALL),
    ],
    "MY": [
        ("Befrienders Kuala Lumpur", "", AROUND_THE_CLOCK + "; the city is where it sits"),
        ("Life Line Association Malaysia", "", ALL),
    ],
    "NL": [
        (
            ("113 Zelfmoordpreventie", "113 Zelfmoordpreventie (free line)"),
            "",
            AROUND_THE_CLOCK + "; one service with two numbers",
        ),
        ("MIND Korrelatie", "", ALL + ", broader than crisis"),
        ("De Kindertelefoon", CHILDREN, "by its name"),
    ],
    "NO": [
        ("Mental Helse Hjelpetelefonen", "", AROUND_THE_CLOCK),
        ("Kirkens SOS", "", AROUND_THE_CLOCK + ", with chat; the church runs it, for everyone"),
        ("Alarmtelefonen for barn og unge", CHILDREN, "by its name"),
    ],
    "NP": [("National suicide prevention helpline", "", ALL)],
    "NZ": [
        ("1737 Need to talk?", "", AROUND_THE_CLOCK + ", voice and text; the one everybody names"),
        ("Lifeline Aotearoa", "", AROUND_THE_CLOCK + ", voice and text"),
        ("Suicide Crisis Helpline (Tautoko)", "", ALL),
        ("Samaritans", "", ALL),
        ("What's Up (children)", CHILDREN, "by its name"),
    ],
    "PE": [("Línea 100", VICTIMS, "the table's kind: violence")],
    "PH": [
        ("NCMH Crisis Hotline", "", AROUND_THE_CLOCK + ", the state's own"),
        ("In Touch crisis line", "", AROUND_THE_CLOCK),
        (
            ("HOPELINE (Natasha Goulbourn Foundation)", "HOPELINE (mobile)"),
            "",
            AROUND_THE_CLOCK + "; one service with two numbers",
        ),
    ],
    "PK": [("Child Protection & Welfare Bureau (Punjab)", CHILDREN, "by its name; in Punjab")],
    "PL": [
        ("Kryzysowy Telefon Zaufania (adults)", "adults", "by its name; offered together with 116 111 (PAIRS)"),
        ("Telefon Zaufania dla Dzieci i Młodzieży", CHILDREN, "by its name; offered with 116 123 (PAIRS)"),
        ("Centrum Wsparcia", "", "everyone in a crisis: zdrowie.pap.pl/psyche/na-kryzys-telefon-800-70-2222"),
    ],
    "PT": [
        ("Telefone da Amizade", "", ALL),
        ("Voz de Apoio", "", ALL),
    ],
    "QA": [("Aman protection hotline", VICTIMS, "the table's kind: violence")],
    "RO": [("TelVerde Antisuicid", "", ALL)],
    "RS": [("Centar Srce", "", ALL)],
    "RU": [
        ("MChS emergency psychological help", "", ALL),
        ("Moscow psychological emergency phone", "region: Moscow", "by its name"),
    ],
    "SA": [("National Center for Mental Health Promotion", "", ALL)],
    "SC": [("Elderly and disabled abuse helpline", "older and disabled people", "by its name")],
    "SE": [
        ("Mind Självmordslinjen", "", AROUND_THE_CLOCK),
        ("SPES (bereaved by suicide)", "bereaved", "by its name"),
        ("BRIS", CHILDREN, "116 111 is the European number for the young"),
    ],
    "SG": [("Samaritans of Singapore", "", AROUND_THE_CLOCK)],
    "SI": [
        ("Zaupni telefon Samarijan", "", AROUND_THE_CLOCK),
        ("Klic v duševni stiski", "", ALL),
        ("SOS telefon za ženske in otroke", WOMEN, "by its name: women and children facing violence"),
    ],
    "SK": [
        ("IPčko crisis helpline", "", ALL + ", with chat"),
        ("Linka dôvery Nezábudka", "", ALL),
        ("Linka detskej istoty", CHILDREN, "by its name"),
    ],
    "TH": [("Department of Mental Health hotline 1323", "", ALL)],
    "TT": [
        ("Families in Action", "", ALL),
        ("Childline Trinidad & Tobago", CHILDREN, "by its name"),
    ],
    "TW": [("Lifeline Taiwan", "", ALL)],
    "UA": [
        ("Lifeline Ukraine", "", ALL),
        ("La Strada national hotline (domestic violence)", VICTIMS, "by its name"),
    ],
    "US": [
        ("988 Suicide & Crisis Lifeline", "", AROUND_THE_CLOCK + ", voice, text and chat; the one everybody names"),
        ("Crisis Text Line", "", AROUND_THE_CLOCK + ", by text"),
        ("Veterans Crisis Line", "veterans", "by its name"),
        ("The Trevor Project (LGBTQ+ under 25)", "LGBTQ+", "by its name; under 25"),
        ("SAMHSA National Helpline (substance use / mental health)", "substance use", "by its name"),
        ("RAINN National Sexual Assault Hotline", VICTIMS, "by its name: sexual violence"),
    ],
    "VN": [("National child helpline 111", CHILDREN, "by its name")],
    "WS": [("Faataua Le Ola (Samoa Lifeline)", "", ALL)],
    "XK": [("Linja e Jetës", "", ALL)],
    "ZA": [
        ("SADAG Suicide Crisis Helpline", "", AROUND_THE_CLOCK + ", voice and text"),
        ("LifeLine South Africa", "", ALL),
    ],
}

# Two services that share a country between them (two languages, adults and youth): both are shown, or neither. After
# ThroughLine, developer.throughlinecare.com/priority-helpline-filtering: "display both services or refrain from
# displaying any".
PAIRS = {
    "BE": [["Zelfmoordlijn 1813", "Centre de Prévention du Suicide"]],
    "PL": [["Kryzysowy Telefon Zaufania (adults)", "Telefon Zaufania dla Dzieci i Młodzieży"]],
}

# Where the table names too few of the services behind an emergency number: (services, source of the correction).
SERVICES = {
    ("KR", "119"): (
        ["ambulance", "fire"],
        "https://citiesinsider.com/country/south-korea/CountryWide/emergency-contact-numbers",
    ),
}

# Numbers that reach every service wherever the library lists them at all.
FOR_EVERYTHING = ("112", "911", "999", "000")

FIND_A_HELPLINE = "https://findahelpline.com"


def confirmed(row: ROW) -> bool:
    """Whether two independent lists agree on this row."""
    return row["confirmed_by_2"] == "yes"


def sources(rows: Iterable[ROW]) -> list[str]:
    """The sources of these rows, each once, in their order."""
    return list(dict.fromkeys(source.strip() for row in rows for source in row["source"].split(" | ")))


def in_library(country: str, number: str) -> bool:
    """Whether the library lists this emergency number."""
    known = country in shortnumberinfo.SUPPORTED_SHORT_REGIONS
    return known and shortnumberinfo.is_emergency_number(number, country)


def line(country: str, rows: list[ROW], audience: str) -> dict[str, object]:
    """One helpline as its file has it; several rows are several numbers of one service."""
    first = rows[0]
    entry: dict[str, object] = {
        "name": first["name"],
        "kind": first["kind"],
        "phone": " / ".join(row["phone"] for row in rows),
        "sms": first["sms"],
        "chat": first["chat_url"],
        "website": first["website"],
        "hours": first["hours"],
        "languages": [code for code in first["languages"].split(";") if code],
    }
    entry = {key: value for key, value in entry.items() if value}
    return {**entry, "audience": audience, "sources": sources(rows), "confirmed": True}


def lines(country: str, rows: list[ROW]) -> list[dict[str, object]]:
    """The helplines of a country, in the order of offering. SystemExit if one of them was not reviewed."""
    by_name = {row["name"]: row for row in rows}
    written = []
    for names, audience, _ in REVIEWED.get(country, []):
        together = (names,) if isinstance(names, str) else names
        written.append(line(country, [by_name.pop(name) for name in together], audience))
    if by_name:
        sys.exit(f"{country}: not in REVIEWED: {', '.join(by_name)}")
    return written


def emergencies(country: str, rows: list[ROW]) -> list[dict[str, object]]:
    """The emergency numbers of a country that two lists or the library confirm, else the library's own."""
    written: list[dict[str, object]] = []
    for row in rows:
        number = row["phone"]
        if not confirmed(row) and not in_library(country, number):
            continue
        named = re.findall(r"police|ambulance|fire", row["name"])
        services, correction = SERVICES.get((country, number), (named, None))
        seen = [*sources([row]), *([correction] if correction else [])]
        if in_library(country, number) and LIBRARY not in seen:
            seen.append(LIBRARY)
        written.append({"number": number, "services": services, "sources": seen, "confirmed": confirmed(row)})
    return written or list(from_library(country))


def from_library(country: str) -> Iterator[dict[str, object]]:
    """The number that the library has for a region of which the table knows none."""
    metadata = PhoneMetadata.short_metadata_for_region(country)
    if not metadata or not metadata.emergency or not metadata.emergency.example_number:
        return
    known = [number for number in FOR_EVERYTHING if in_library(country, number)]
    yield {
        "number": known[0] if known else metadata.emergency.example_number,
        "services": ["police", "ambulance", "fire"] if known else [],
        "sources": [LIBRARY],
        "confirmed": False,
    }


def toml(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(toml(item) for item in value)}]"
        case date():
            return value.isoformat()
        case _:
            text = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{text}"'


def table(heading: str, entry: dict[str, object], checked: date) -> str:
    """One [[heading]] of a file; sources stand one to a line, so that a change of one is a change of one line."""
    rows = [f"[[{heading}]]"]
    for key, value in {**entry, "checked": checked}.items():
        if key == "sources" and isinstance(value, list):
            rows += ["sources = [", *(f"    {toml(source)}," for source in value), "]"]
        else:
            rows.append(f"{key} = {toml(value)}")
    return "\n".join(rows) + "\n"


def country_file(country: str, rows: list[ROW], checked: date) -> str:
    """The text of one country's file."""
    helplines = lines(country, [row for row in rows if row["kind"] != "emergency" and confirmed(row)])
    emergency = emergencies(country, [row for row in rows if row["kind"] == "emergency"])
    name = Locale("en").territories.get(country, country)
    parts = [f"# {name}: crisis services, in the order in which they are offered.\n"]
    if country in PAIRS:
        parts.append(f"pairs = {toml(PAIRS[country])} # shown together or not at all\n")
    parts += [table("emergency", entry, checked) for entry in emergency]
    parts += [table("line", entry, checked) for entry in helplines]
    return "\n".join(parts) if len(parts) > 1 else ""


def international_file(checked: date) -> str:
    """The text of international.toml: the directory, and the emergency numbers known in most regions."""
    regions = shortnumberinfo.SUPPORTED_SHORT_REGIONS
    counts = {number: sum(in_library(region, number) for region in regions) for number in ("112", "911")}
    said = ", ".join(f"{number} is one in {count} of {len(regions)} regions" for number, count in counts.items())
    directory: dict[str, object] = {
        "name": "Find A Helpline",
        "kind": "general",
        "website": FIND_A_HELPLINE,
        "audience": "",
        "sources": [FIND_A_HELPLINE],
    }
    numbers: dict[str, object] = {"numbers": list(counts), "sources": [f"{LIBRARY}: {said}"]}
    heading = "# Where the country is unknown, or no line of it is known.\n"
    return "\n".join(
        [
            heading,
            table("directory", directory, checked).replace("[[directory]]", "[directory]"),
            table("emergency", numbers, checked).replace("[[emergency]]", "[emergency]"),
        ]
    )


def strangers(folder: Path, rows: list[ROW]) -> list[str]:
    """Every number in the written files that neither the table nor the library has."""
    known = {(row["country_iso2"], value) for row in rows for value in (row["phone"], row["sms"]) if value}
    found = []
    for path in sorted(folder.glob("??.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        values = [entry["number"] for entry in content.get("emergency", [])]
        for entry in content.get("line", []):
            values += [number for number in entry.get("phone", "").split(" / ") if number]
            values += [entry["sms"]] if "sms" in entry else []
        found += [
            f"{path.name}: {value}"
            for value in values
            if (path.stem, value) not in known and not in_library(path.stem, value)
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write config/resources/ from a table of crisis lines.")
    parser.add_argument("table", type=Path)
    parser.add_argument("--checked", type=date.fromisoformat, required=True, help="the day the table was checked")
    parser.add_argument("--into", type=Path, default=Path("config/resources"))
    asked = parser.parse_args()
    with asked.table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_country: dict[str, list[ROW]] = defaultdict(list)
    for row in rows:
        by_country[row["country_iso2"]].append(row)
    asked.into.mkdir(parents=True, exist_ok=True)
    for country in sorted(set(by_country) | set(phonenumbers.SUPPORTED_REGIONS)):
        if text := country_file(country, by_country[country], asked.checked):
            (asked.into / f"{country}.toml").write_text(text, encoding="utf-8")
    (asked.into / "international.toml").write_text(international_file(asked.checked), encoding="utf-8")
    if unknown := strangers(asked.into, rows):
        sys.exit("\n".join(["not in the table, not in the library:", *unknown]))


if __name__ == "__main__":
    main()
