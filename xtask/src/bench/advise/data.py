"""Writes a benchmark's rows, queries, tables and keys into a folder: data.py tpch|tpcds FOLDER rows; with
`queries` instead of `rows` the queries alone.

The rows and the queries are DuckDB's. TPC-H gets the standard's types; TPC-DS those of DuckDB's generator, as the figures
that are compared with were measured on them.
"""

import os
import sys

import duckdb
from duckdb_extensions import import_extension

TPCH = {
    "region": "r_regionkey integer, r_name char(25), r_comment varchar(152)",
    "nation": "n_nationkey integer, n_name char(25), n_regionkey integer, n_comment varchar(152)",
    "part": "p_partkey integer, p_name varchar(55), p_mfgr char(25), p_brand char(10), p_type varchar(25), p_size integer,"
    " p_container char(10), p_retailprice decimal(15,2), p_comment varchar(23)",
    "supplier": "s_suppkey integer, s_name char(25), s_address varchar(40), s_nationkey integer, s_phone char(15),"
    " s_acctbal decimal(15,2), s_comment varchar(101)",
    "partsupp": "ps_partkey integer, ps_suppkey integer, ps_availqty integer, ps_supplycost decimal(15,2),"
    " ps_comment varchar(199)",
    "customer": "c_custkey integer, c_name varchar(25), c_address varchar(40), c_nationkey integer, c_phone char(15),"
    " c_acctbal decimal(15,2), c_mktsegment char(10), c_comment varchar(117)",
    "orders": "o_orderkey integer, o_custkey integer, o_orderstatus char(1), o_totalprice decimal(15,2), o_orderdate date,"
    " o_orderpriority char(15), o_clerk char(15), o_shippriority integer, o_comment varchar(79)",
    "lineitem": "l_orderkey integer, l_partkey integer, l_suppkey integer, l_linenumber integer, l_quantity decimal(15,2),"
    " l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag char(1),"
    " l_linestatus char(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct char(25),"
    " l_shipmode char(10), l_comment varchar(44)",
}
KEYS = {
    "tpch": "region r_regionkey;nation n_nationkey;customer c_custkey;supplier s_suppkey;part p_partkey;"
    "partsupp ps_partkey,ps_suppkey;orders o_orderkey;lineitem l_orderkey,l_linenumber",
    "tpcds": "call_center cc_call_center_sk;catalog_page cp_catalog_page_sk;catalog_returns cr_item_sk,cr_order_number;"
    "catalog_sales cs_item_sk,cs_order_number;customer c_customer_sk;customer_address ca_address_sk;"
    "customer_demographics cd_demo_sk;date_dim d_date_sk;household_demographics hd_demo_sk;"
    "income_band ib_income_band_sk;inventory inv_date_sk,inv_item_sk,inv_warehouse_sk;item i_item_sk;"
    "promotion p_promo_sk;reason r_reason_sk;ship_mode sm_ship_mode_sk;store s_store_sk;"
    "store_returns sr_item_sk,sr_ticket_number;store_sales ss_item_sk,ss_ticket_number;time_dim t_time_sk;"
    "warehouse w_warehouse_sk;web_page wp_web_page_sk;web_returns wr_item_sk,wr_order_number;"
    "web_sales ws_item_sk,ws_order_number;web_site web_site_sk",
}


def columns(con, table):
    """Columns of a table with types that PostgreSQL knows."""
    rows = con.execute(
        "select column_name, data_type from information_schema.columns where table_name = ? order by ordinal_position",
        [table],
    ).fetchall()
    return ", ".join(f"{name} {kind.lower()}" for name, kind in rows)


def main(kind, folder, what):
    """Writes all files, or the queries alone."""
    con = duckdb.connect()
    import_extension(kind, con=con)
    con.execute(f"load {kind}")
    for number, query in con.execute(f"select query_nr, query from {kind}_queries()").fetchall():
        with open(os.path.join(folder, f"{number:02d}.sql"), "w", encoding="utf-8") as file:
            file.write(query.strip().rstrip(";") + ";\n")
    if what == "queries":
        return
    con.execute("call dbgen(sf=1)" if kind == "tpch" else "call dsdgen(sf=1)")
    tables = [name for (name,) in con.execute(
        "select table_name from information_schema.tables where table_schema = 'main' order by 1"
    ).fetchall()]
    with open(os.path.join(folder, "tables.sql"), "w", encoding="utf-8") as file:
        for table in tables:
            definition = TPCH[table] if kind == "tpch" else columns(con, table)
            file.write(f"CREATE TABLE {table} ({definition});\n")
    with open(os.path.join(folder, "keys.sql"), "w", encoding="utf-8") as file:
        for entry in KEYS[kind].split(";"):
            table, key = entry.split(" ")
            file.write(f"ALTER TABLE {table} ADD PRIMARY KEY ({key});\n")
    for table in tables:
        con.execute(f"copy {table} to '{os.path.join(folder, table)}.csv' (header false)")


main(sys.argv[1], sys.argv[2], sys.argv[3])
