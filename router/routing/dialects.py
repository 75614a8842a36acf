"""What other template languages call a test, filter or method, and what to write here."""

from __future__ import annotations


def _meant(name: str, others: str) -> dict[str, str]:
    return dict.fromkeys(others.split(), f"did you mean `{name}`?")


TESTS = {
    **dict.fromkeys(("null", "nil", "None"), "write `is none`"),
    **dict.fromkeys(("empty", "blank"), "an empty text or list is false by itself: write `not data.x`"),
    **_meant("defined", "exists set present missing"),
}
FILTERS = {
    **_meant("json", "to_json dump json_encode stringify"),
    **_meant("upper", "upcase uppercase toUpperCase"),
    **_meant("lower", "downcase lowercase toLowerCase"),
    **_meant("length", "size len"),
    **_meant("date", "strftime date_format format_date time"),
    **_meant("datetime", "to_datetime as_datetime timestamp"),
    **_meant("money", "currency price format_currency"),
    **_meant("number", "to_number float int as_number"),
    **_meant("sha256", "hash md5 sha1"),
    **_meant("default", "default_if_none coalesce or"),
}
METHODS = {
    **dict.fromkeys(("toUpperCase", "upcase"), "write `| upper`"),
    **dict.fromkeys(("toLowerCase", "downcase"), "write `| lower`"),
    **dict.fromkeys(("startsWith", "starts_with"), "did you mean `startswith`?"),
    **dict.fromkeys(("endsWith", "ends_with"), "did you mean `endswith`?"),
    **dict.fromkeys(("includes", "contains", "has", "indexOf"), "write the part first: `'a' in data.x`"),
    **dict.fromkeys(("length", "size", "len"), "write `| length`"),
    **dict.fromkeys(("trim",), "did you mean `strip`?"),
    **dict.fromkeys(("format", "toFixed", "toLocaleString"), "write `| money('EUR')`, or `| round(2)`"),
    **dict.fromkeys(("toString", "to_s", "str"), "a text field makes a text of it by itself"),
    **dict.fromkeys(("map", "filter", "first", "last", "sort", "join"), "it is a filter: it stands behind `|`"),
}
TAGS = {
    **_meant("elif", "elseif elsif else_if"),
    **_meant("endif", "fi end_if"),
    **_meant("for", "foreach each"),
    **_meant("set", "assign let var"),
    "unless": "write `{% if not ... %}`",
}
