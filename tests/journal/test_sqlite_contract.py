"""The SQLite journal keeps the contract of every journal."""

from tests.journal.contract import *  # noqa: F403
from tests.journal.contract_again import *  # noqa: F403
from tests.journal.contract_batches import *  # noqa: F403
from tests.journal.contract_configs import *  # noqa: F403
from tests.journal.contract_keeping import *  # noqa: F403
from tests.journal.contract_lanes import *  # noqa: F403
from tests.journal.contract_listing import *  # noqa: F403
from tests.journal.contract_replays import *  # noqa: F403
from tests.journal.contract_suspects import *  # noqa: F403
from tests.journal.contract_telling import *  # noqa: F403
