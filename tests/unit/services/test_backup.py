"""An owner that makes a backup is not idle."""

from __future__ import annotations


async def test_a_passing_owner_stays_while_a_backup_is_made(bench):
    assert await bench.engine.is_idle()
    async with bench.engine.backup() as made:
        assert not await bench.engine.is_idle()
        assert made.manifest.store_id == bench.store.id
    assert await bench.engine.is_idle()
