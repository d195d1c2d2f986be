-- What went wrong after the rows had been loaded (foreign keys are not enforced by this application).

-- Products were deleted by hand while order items still refer to them.
DELETE FROM products WHERE id % 400 = 7;

-- An import wrote a word where a number belongs.
UPDATE products SET stock = 'unknown' WHERE id % 97 = 3;

-- A large import was thrown away; its pages stayed in the file.
DELETE FROM import_staging;
