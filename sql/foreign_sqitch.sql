-- The changes that sqitch has deployed, in order.
SELECT
  project::text,
  change::text
  FROM sqitch.changes
 ORDER BY committed_at;
