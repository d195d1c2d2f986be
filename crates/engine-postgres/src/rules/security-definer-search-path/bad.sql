CREATE SCHEMA "App";
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE TABLE "App".accounts (id bigint PRIMARY KEY, balance numeric NOT NULL);
CREATE FUNCTION "App"."Balance of"(account bigint, OUT balance numeric) LANGUAGE plpgsql SECURITY DEFINER SET work_mem = '8MB' AS $$
BEGIN
  SELECT a.balance INTO balance FROM accounts a WHERE a.id = account;
END $$;
CREATE PROCEDURE public.close_account(bigint) LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM "App".accounts WHERE id = $1';
-- A path, but temporary tables come before it.
CREATE FUNCTION public.count_accounts() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = "App", public AS 'SELECT count(*) FROM accounts';
