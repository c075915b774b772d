===== Rename user_id to ac
Rename user\_id to account\_id in `models.py`, and call \_\_init\_\_ from MyClass.\_\_new\_\_ once.  
a\*b\*c and 2\*\*10\*\*2 are expressions; *this* is emphasis, *this too*, and **this\_is\_bold** also.  
Glob \*\*/\*.ts and src/\*.js; flags --dry\_run --no\_color; \*args and \*\*kwargs.  
Env: MAX\_RETRY\_COUNT, $MY\_VAR\_NAME, ${OTHER\_VAR}, path C:\new\_folder\my\_file.txt, #123, 100%\_done.  
See [https://example.com/some\_path\_here/x\_y?q=a\*b\*c](https://example.com/some_path_here/x_y?q=a*b*c) for more.

- plus item
- another\_item\_here

- star item

1986\. A great year.
