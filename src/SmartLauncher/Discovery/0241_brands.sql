-- What patients know a hospital by, for apps that let them choose it (SMART user-access brands). Public on purpose.
create table auth.brand (
  tenant int not null references platform.tenant primary key,
  name text not null check (name ~ '\S' and length(name) <= 200),
  -- The public website: identifies the hospital across publishers, too.
  website text not null check (website ~ '^https://'),
  logo text check (logo ~ '^(https://|data:image/)'),
  portal_name text,
  portal_url text check (portal_url ~ '^https://'),
  city text,
  postal_code text,
  country text check (country ~ '^[A-Z]{2}$'),
  set_at timestamptz not null
);
call platform.protect(array['auth.brand']::regclass[]);

create function auth.brands()
  returns table (slug text, name text, website text, logo text, portal_name text, portal_url text, city text, postal_code text, country text, set_at timestamptz)
  language sql stable security definer set search_path = pg_catalog
as $$
  select t.slug, b.name, b.website, b.logo, b.portal_name, b.portal_url, b.city, b.postal_code, b.country, b.set_at
  from auth.brand b join platform.tenant t on t.id = b.tenant order by b.tenant;
$$;
revoke execute on function auth.brands from public;
grant execute on function auth.brands to healthteams_app;
