"""How many rows of a table may be gone at the source: one that is suddenly nearly empty is asked about, not emptied."""

from highwater_transforms.errors import TooManyGone
from highwater_transforms.plan import TablePlan


def confirm(plan: TablePlan, share: float) -> str:
    """The command that confirms that up to this share of the table's rows is gone."""
    if any(w.kind == "reconcile" for w in plan.windows):
        return f"highwater reconcile {plan.table} --allow-share {share:g}"
    pipeline = "reload" if plan.reload else "ingest"
    return f"highwater run {pipeline} --param tables={plan.table} --param allow_share={share:g}"


def refuse_many(plan: TablePlan, missing: int, compared: int) -> None:
    """Nothing, unless more of the rows compared are missing at the source than the plan allows.

    Raises:
        TooManyGone: both the share and the number are beyond what is allowed.
    """
    if missing <= max(plan.allow_rows, plan.allow_share * compared):
        return
    raise TooManyGone(
        f"{missing:,} of {compared:,} rows of {plan.table} are gone at the source, and none was marked",
        f"that is {missing / compared:.1%}, and {plan.allow_share:.1%} or {plan.allow_rows} rows are"
        " allowed without being asked",
        f"See whether the source is whole. If it is, confirm: {confirm(plan, -(-missing * 100 // compared) / 100)}",
        plan.window_ids,
    )
