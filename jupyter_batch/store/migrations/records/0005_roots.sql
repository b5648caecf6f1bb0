-- The folder that a notebook is named from: owners have different ones. Of jobs it is among the
-- policies.
ALTER TABLE runs ADD COLUMN notebook_root VARCHAR DEFAULT '';
ALTER TABLE sweeps ADD COLUMN notebook_root VARCHAR DEFAULT '';
