-- Where a hospital's staff sign in with accounts of its own: an OpenID Connect provider.
create table auth.identity_provider (
  tenant int not null references platform.tenant,
  id uuid not null unique,
  name text not null check (name ~ '\S' and length(name) <= 60),
  issuer text not null,
  client_id text not null,
  auth text not null check (auth in ('public', 'secret', 'private_key_jwt')),
  secret_protected bytea,
  -- The claim that holds a member of staff's user name here; null: accounts are only joined by the person themself.
  username_claim text check (username_claim ~ '^[A-Za-z0-9_:/.-]{1,100}$'),
  -- "hospital.example" where the claim says curie@hospital.example of the user curie.
  username_domain text check (username_domain is null or (username_domain ~ '^[a-z0-9.-]{1,200}$' and username_claim is not null)),
  created_at timestamptz not null,
  primary key (tenant, id),
  unique (tenant, issuer),
  check ((auth = 'secret') = (secret_protected is not null))
);
call platform.protect(array['auth.identity_provider']::regclass[]);

-- Which account there is which person here. One account is one person, and one person has one account of each provider.
create table auth.staff_identity (
  tenant int not null references platform.tenant,
  provider uuid not null,
  sub text not null check (length(sub) between 1 and 255),
  person uuid not null,
  linked_at timestamptz not null,
  seen_at timestamptz not null,
  primary key (tenant, provider, sub),
  unique (tenant, provider, person),
  foreign key (tenant, provider) references auth.identity_provider on delete cascade
);
call platform.protect(array['auth.staff_identity']::regclass[]);

-- The sign-in page is shown before the hospital is known: names of providers and hospitals, nothing else.
create function auth.identity_providers()
  returns table (tenant int, id uuid, name text, hospital text)
  language sql stable security definer set search_path = pg_catalog
as $$
  select p.tenant, p.id, p.name, t.slug from auth.identity_provider p join platform.tenant t on t.id = p.tenant order by t.name, p.name;
$$;
revoke execute on function auth.identity_providers from public;
grant execute on function auth.identity_providers to healthteams_app;
