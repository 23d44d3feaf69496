-- Hosts that a hospital's administrators added on their page. The operator's are in platform.outbound_host; both count.
create table platform.tenant_host (
  tenant int not null references platform.tenant,
  origin text not null check (origin ~ '^https?://[^/]+$'),
  private_ranges boolean not null default false,
  added_at timestamptz not null,
  added_by text not null,
  primary key (tenant, origin)
);
create index tenant_host_origin on platform.tenant_host (origin);
call platform.protect(array['platform.tenant_host']::regclass[]);

-- What may be spoken to is one question for the whole installation; who allowed it is nobody else's business.
create function platform.host_rights(asked text[])
  returns table (known boolean, private_ranges boolean, local_network boolean)
  language sql stable security definer set search_path = pg_catalog
as $$
  select
    exists (select from platform.outbound_host h where h.origin = any(asked)) or exists (select from platform.tenant_host t where t.origin = any(asked)),
    exists (select from platform.outbound_host h where h.origin = any(asked) and h.private_ranges),
    exists (select from platform.tenant_host t where t.origin = any(asked) and t.private_ranges);
$$;
revoke execute on function platform.host_rights from public;
grant execute on function platform.host_rights to healthteams_app, healthteams_worker;
