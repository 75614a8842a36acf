"""The SQLite journal keeps what every journal promises."""

from tests.journal.contract import *
from tests.journal.contract_again import *
from tests.journal.contract_batches import *
from tests.journal.contract_lanes import *
from tests.journal.contract_listing import *
from tests.journal.contract_suspects import *
