alter table `orders` add `user_id` bigint unsigned null after `customer_id`;
alter table `orders` add constraint `orders_user_id_foreign` foreign key (`user_id`) references `users` (`id`) on delete set null;
alter table `stock` modify `note` text null;
alter table `stock` add `deleted_at` timestamp null;
alter table `audit` rename to `audit_log`;
rename table `legacy` to `codes`;
drop table if exists `sessions`;
insert into `users` (`id`, `name`, `email`, `password`, `uuid`) values (1, 'Root', 'root@shop.test', '*', '7d444840-9dc0-11d1-b245-5ffdce74fad2');
