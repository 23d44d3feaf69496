-- The only hosts the product speaks to. Private address ranges only where an operator registered them.
create table platform.outbound_host (
  origin text primary key check (origin ~ '^https?://[^/]+$'),
  private_ranges boolean not null default false,
  added_at timestamptz not null
);
