"""What the name of a key says about its value: a secret, something personal, or nothing.

The names are those of real payloads (Clerk, GitHub, Stripe, Slack, Shopify) and of common forms of signing up.
"""

from __future__ import annotations

import re
from functools import lru_cache

from router.masking.kind import Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Behind these words a key tells about a thing, and is not the thing: `email_verified`, `password_enabled`.
_ABOUT = _words("""
    at attempts confirmed count counts created disabled domain enabled expires expiry format hash id ids in kind
    label length limit method methods notifications on options policy preference preferences provider remaining
    required requirements scheme settings size status strategy template type types updated verified version
""")
_SECRETS = _words("""
    auth authorization bearer cookie cookies credential credentials csrf cvc cvv jwt otp passcode passphrase passwd
    password pin pw pwd secret signature ticket token xsrf
""")
_SECRET_KEYS = re.compile(r"(^|_)(api|auth|access|private|secret|signing|license|encryption)_?key$")
_WHOLE = {
    Kind.EMAIL: _words("e_mail email email_address emailaddress emails mail"),
    Kind.PHONE: _words("cell cellphone fax mobile mobile_number msisdn phone phone_number tel telephone"),
    Kind.BIRTHDAY: _words("bday birth_date birthdate birthday date_of_birth dob"),
    Kind.ADDRESS: _words("""
        addr_1 addr_2 address address_1 address_2 address_line_1 address_line_2 city house_number line_1 line_2
        line_3 post_code postal_code postalcode postcode street street_address town zip zip_code zipcode
    """),
    Kind.PLACE: _words("lat latitude lng lon longitude"),
    Kind.IP: _words("client_ip ip ip_address ipaddress ipv_4 ipv_6 remote_addr remote_ip"),
    Kind.NUMBER: _words("""
        account_number bic card_number drivers_license iban id_number last_4 last_four license_number national_id
        pan passport passport_number routing_number social_security_number sort_code ssn tax_id tax_number vat_id
        vat_number
    """),
    Kind.NAME: _words("""
        account_name alias author business_name card_name cardholder_name company company_name contact_name
        customer_name display_name display_name_normalized displayname enterprise_name family_name first_name
        firstname full_name fullname given_name handle holder_name last_name lastname legal_name login maiden_name
        middle_name name nickname organization_name preferred_username real_name real_name_normalized
        recipient_name screen_name sender_name surname user_name username
    """),
}
_KEYS = {name: kind for kind, names in _WHOLE.items() for name in names}
_ENDS = {
    Kind.EMAIL: ("_email", "_email_address"),
    Kind.PHONE: ("_phone", "_phone_number"),
    Kind.IP: ("_ip", "_ip_address"),
    Kind.NAME: ("_first_name", "_last_name", "_full_name", "_username", "_login"),
    Kind.ADDRESS: ("_postal_code", "_zip", "_city", "_street"),
    Kind.BIRTHDAY: ("_birthday",),
}
_STRUCTURAL = _words("""
    action actions brand category code conclusion country currency environment event events interval kind language
    level locale method mode network object permission permissions plan platform provider reason role roles scope
    scopes severity state status strategy subtype topic type types unit visibility
""")


@lru_cache(maxsize=4096)
def kind_of_key(name: str) -> Kind | None:
    """Return what the values of a key of this name are; None where the name says nothing."""
    words = _split(name)
    snake = "_".join(words)
    if snake in _KEYS:
        return _KEYS[snake]
    if not words or words[-1] in _ABOUT:
        return None
    if words[-1] in _SECRETS or _SECRET_KEYS.search(snake):
        return Kind.SECRET
    return next((kind for kind, ends in _ENDS.items() if snake.endswith(ends)), None)


@lru_cache(maxsize=4096)
def is_structural(name: str) -> bool:
    """Tell whether a key's values say what a thing is, such as `type` and `status`.

    Only what has the form of a secret or of an address is masked there.
    """
    words = _split(name)
    return bool(words) and words[-1] in _STRUCTURAL


def _split(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
