-- Before a visit's row, the names under which the FHIR API locks its Appointment and Encounter: both sides lock in one order.
create procedure collab.lock_visit_resources(of_tenant int, of_visit uuid)
  language plpgsql as $$
declare name text;
begin
  for name in
    select k.kind || '/' || k.id from collab.visit_key k
    where k.tenant = of_tenant and k.visit = of_visit and k.source = '00000000-0000-0000-0000-000000000000' order by k.kind collate "C", k.id collate "C"
  loop
    perform pg_advisory_xact_lock(hashtextextended(name, of_tenant));
  end loop;
end $$;
