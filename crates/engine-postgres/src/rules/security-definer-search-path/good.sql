CREATE SCHEMA "App";
CREATE TABLE "App".accounts (id bigint PRIMARY KEY, balance numeric NOT NULL);
CREATE FUNCTION "App"."Balance of"(account bigint, OUT balance numeric) LANGUAGE plpgsql SECURITY DEFINER SET search_path = "App", pg_temp AS $$
BEGIN
  SELECT a.balance INTO balance FROM accounts a WHERE a.id = account;
END $$;
CREATE PROCEDURE public.close_account(bigint) LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM "App".accounts WHERE id = $1';
-- With its caller's rights, a path does no harm.
CREATE FUNCTION public.plain() RETURNS int LANGUAGE sql AS 'SELECT 1';
